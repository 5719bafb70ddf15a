"""Project.toml (Pkg.jl documentation, "Project.toml and Manifest.toml", "Compatibility"): what a project asks for.

::

    name = "Greeter"
    uuid = "a1b2c3d4-0000-4000-8000-000000000001"
    version = "0.3.1"

    [deps]
    Clock = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"
    [weakdeps]                                  # only for extensions, where something else brings the package
    Plots = "91a5bcdd-55d7-5caf-9e0b-520d859cae80"
    [compat]
    Clock = "0.17.5, 1"                         # ^0.17.5 or ^1
    julia = "1.6"
    [extras]
    Test = "8dfed614-e22c-5e08-85e1-65c5234f0b40"
    [targets]
    test = ["Test"]
    [sources]
    Clock = {url = "https://git.example/Clock.jl", rev = "main"}

An environment is a project without a name. What a manifest answers is decided in `assay.ecosystems.julia.environment`.
A comma is "or" and a version alone a caret here, while in the ranges of advisories a comma is "and": ranges are
written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from assay.formats import json, purl, spdx_license, toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property, Scope
from assay.model.ecosystem import File, Found

_SIGNS = str.maketrans({"≥": ">=", "≤": "<="})
_EXACT = re.compile(r"=\s*(\d+\.\d+\.\d+)")


def parse(file: File) -> Found:
    """The project and what it asks for, in ranges.

    A library where it has a UUID, else an application. `Found.facts` tell `assemble` the UUIDs (or names) in the
    order of the components, where the manifest lies if the project says so, and the projects of its workspace.
    """
    document = toml.load(file.data)
    asked = list(_asked(document))
    components = [_component(*item, document) for item in asked]
    named = bool(as_text(document.get("name")))
    edges: tuple[tuple[str, str], ...] = ()
    if named:
        project = _project(document)
        edges = tuple((project.id, item.id) for item in components)
        components.insert(0, project)
    workspace = as_object(document.get("workspace"))
    facts = {
        "named": named,
        "keys": [uuid or name for name, uuid, _ in asked],
        "manifest": as_text(document.get("manifest")),
        "members": [as_text(item) for item in as_list(workspace.get("projects"))],
    }
    return Found(tuple(components), edges, scope=file.folder, facts=facts)


def _project(document: Object) -> Component:
    name, version, uuid = (as_text(document.get(key)) for key in ("name", "version", "uuid"))
    julia = as_text(as_object(document.get("compat")).get("julia"))
    return Component(
        name,
        version,
        ComponentType.LIBRARY if uuid else ComponentType.APPLICATION,
        ecosystem="julia",
        purl=purl.attempt("julia", name, version, qualifiers={"uuid": uuid}),
        presence=Presence.DECLARED,
        licenses=spdx_license.normalise(as_text(document.get("license"))),
        author=", ".join(filter(None, map(_author, as_list(document.get("authors"))))),
        properties=(Property("assay:julia:requires-julia", _range(julia)),) if julia else (),
    )


def _author(item: object) -> str:
    """``Ada Example <ada@mail.example>``, or a table with the name and more."""
    return as_text(item.get("name") if isinstance(item, dict) else item).partition("<")[0].strip()


def _asked(document: Object) -> Iterator[tuple[str, str, Scope]]:
    """Name, UUID and scope of each package; the strongest of the sections in which it stands counts."""
    seen = set[str]()
    for section, scope in (("deps", Scope.REQUIRED), ("weakdeps", Scope.OPTIONAL), ("extras", Scope.EXCLUDED)):
        for name, uuid in as_object(document.get(section)).items():
            if name and name not in seen:
                seen.add(name)
                yield name, as_text(uuid), scope


def _component(name: str, uuid: str, scope: Scope, document: Object) -> Component:
    requirement = as_text(as_object(document.get("compat")).get(name)).strip()
    exact = _EXACT.fullmatch(requirement)
    version = exact[1] if exact and not name.endswith("_jll") else ""  # 1.2.3 of a JLL is 1.2.3+0, 1.2.3+1 ...
    source = as_object(as_object(document.get("sources")).get(name))
    url, revision = as_text(source.get("url")), as_text(source.get("rev"))
    facts = {
        "standard-library": "true" * (uuid.lower() in _standard_library()),
        "targets": ",".join(_targets(name, as_object(document.get("targets")))),
        "path": as_text(source.get("path")),
    }
    return Component(
        name,
        version,
        ecosystem="julia",
        purl=purl.attempt("julia", name, version, qualifiers={"uuid": uuid}),
        presence=Presence.DECLARED,
        scope=scope,
        version_range="" if version else _range(requirement),
        references=(ExternalReference("vcs", url, revision),) if "://" in url else (),
        properties=tuple(Property(f"assay:julia:{key}", value) for key, value in facts.items() if value),
    )


def _targets(name: str, targets: Object) -> Iterator[str]:
    return (target for target, names in sorted(targets.items()) if name in as_list(names))


def _range(compat: str) -> str:
    """The requirement in words that need no knowledge of Pkg: ``0.17.5, 1`` is ``^0.17.5 || ^1``."""
    parts = (" ".join(part.translate(_SIGNS).split()) for part in compat.split(","))
    return " || ".join(f"^{part}" if part[0].isdigit() and " - " not in part else part for part in parts if part)


@cache
def _standard_library() -> Mapping[str, str]:
    """The packages that there are only as a part of Julia and under its version; UUID to name."""
    data = files("assay.ecosystems.julia").joinpath("standard_library.json").read_bytes()
    return {uuid: as_text(name) for uuid, name in json.load_object(data).items()}
