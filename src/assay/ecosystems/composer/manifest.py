"""composer.json (getcomposer.org, "The composer.json schema"): the project, and what it asks for.

::

    {"name": "acme/app", "license": "MIT", "require": {"php": ">=8.1", "psr/log": "^3.0"}, "require-dev": {}}

Beside a lock file, or packages that are installed, the ranges are only needs that those answer; elsewhere they
stand as declared components without a version. Manifests inside ``vendor`` belong to what is installed there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.ecosystems.composer.packages import authors, licenses
from assay.formats import json, purl
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution


def parse(file: File) -> Found:
    """The project (where it names itself) with its ranges; whether those stay is decided in `assemble`."""
    if "/vendor/" in f"/{file.path}":
        return Found()
    document = json.load_object(file.data)
    project = _project(document)
    asked = [
        component
        for key, scope in (("require", Scope.REQUIRED), ("require-dev", Scope.EXCLUDED))
        for name, wanted in as_object(document.get(key)).items()
        if (component := _asked(name, as_text(wanted), scope)) is not None
    ]
    components = ((project,) if project else ()) + tuple(asked)
    edges = tuple((project.id, component.id) for component in asked) if project else ()
    return Found(components, edges, facts={"asked": len(asked)})


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Where a lock file or an installed list lies beside a manifest, its ranges become needs."""
    answered = {_project_folder(file.path) for file in files if "asked" not in file.found.facts}
    return [
        _answered(file) if "asked" in file.found.facts and _project_folder(file.path) in answered else file
        for file in files
    ]


def _project_folder(path: str) -> str:
    folder = "/" + path.rpartition("/")[0]
    return folder.removesuffix("/composer").removesuffix("/vendor") if path.endswith("installed.json") else folder


def _answered(file: Located) -> Located:
    found = file.found
    projects = tuple(item for item in found.components if item.type is ComponentType.APPLICATION)
    needs = tuple(
        Need(project.id, (f"{item.namespace}/{item.name}",))
        for project in projects
        for item in found.components
        if item is not project
    )
    return replace(file, found=replace(found, components=projects, edges=(), needs=needs))


def _project(document: Object) -> Component | None:
    vendor, _, name = as_text(document.get("name")).rpartition("/")
    if not vendor or not name:
        return None
    version = as_text(document.get("version"))
    homepage = as_text(document.get("homepage"))
    return Component(
        name,
        version,
        ComponentType.APPLICATION,
        vendor,
        purl=purl.attempt("composer", name, version, vendor),
        presence=Presence.DECLARED,
        licenses=licenses(document.get("license")),
        author=authors(document.get("authors")),
        description=as_text(document.get("description")),
        references=(ExternalReference("website", homepage),) if "://" in homepage else (),
    )


def _asked(full_name: str, wanted: str, scope: Scope) -> Component | None:
    """The component that a requirement stands for; platform packages (``php``, ``ext-json``) have no vendor."""
    vendor, _, name = full_name.rpartition("/")
    if not vendor or not name:
        return None
    return Component(
        name,
        namespace=vendor,
        purl=purl.attempt("composer", name, namespace=vendor),
        presence=Presence.DECLARED,
        scope=scope,
        version_range=wanted,
    )
