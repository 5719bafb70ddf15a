"""pubspec.yaml (dart.dev, "The pubspec file"): the package under development, and what it asks for.

::

    name: greeter
    version: 1.2.0
    dependencies: {shelf: ^1.3.0}
    dev_dependencies: {test: any}

Beside a lock file the ranges are only needs, which that answers; elsewhere they stand as declared components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import purl, yaml
from assay.formats.json import Json, Object, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution

_LINKS = {
    "homepage": "website",
    "repository": "vcs",
    "issue_tracker": "issue-tracker",
    "documentation": "documentation",
}


def parse(file: File) -> Found:
    """The project with its ranges; whether those stay is decided in `assemble`."""
    document = yaml.load_object(file.data)
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    if not name:
        raise Malformed("pubspec.yaml without a name")
    project = Component(
        name,
        version,
        ComponentType.APPLICATION,
        purl=purl.attempt("pub", name, version),
        presence=Presence.DECLARED,
        description=" ".join(as_text(document.get("description")).split()),
        references=_references(document),
    )
    asked = [
        _asked(needed, wanted, scope)
        for key, scope in (("dependencies", Scope.REQUIRED), ("dev_dependencies", Scope.EXCLUDED))
        for needed, wanted in as_object(document.get(key)).items()
        if needed
    ]
    edges = tuple((project.id, item.id) for item in asked)
    return Found((project, *asked), edges, facts={"asked": len(asked)})


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Where a lock file lies beside a manifest, its ranges become needs."""
    locked = {file.path.rpartition("/")[0] for file in files if "asked" not in file.found.facts}
    return [
        _answered(file) if "asked" in file.found.facts and file.path.rpartition("/")[0] in locked else file
        for file in files
    ]


def _answered(file: Located) -> Located:
    project, *asked = file.found.components
    needs = tuple(Need(project.id, (item.name,)) for item in asked)
    return replace(file, found=replace(file.found, components=(project,), edges=(), needs=needs))


def _asked(name: str, wanted: Json, scope: Scope) -> Component:
    """A dependency: a range, or an object with the range or another source in it."""
    version_range = as_text(as_object(wanted).get("version")) if isinstance(wanted, dict) else as_text(wanted)
    return Component(
        name,
        purl=purl.attempt("pub", name),
        presence=Presence.DECLARED,
        scope=scope,
        version_range=version_range or "any",
    )


def _references(document: Object) -> tuple[ExternalReference, ...]:
    urls = {key: as_text(document.get(key)) for key in _LINKS}
    return tuple(ExternalReference(_LINKS[key], url) for key, url in urls.items() if "://" in url)
