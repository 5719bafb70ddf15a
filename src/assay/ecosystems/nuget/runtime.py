"""``*.deps.json`` of built programs and ``project.assets.json`` of restored projects (dotnet/sdk, "runtime config").

::

    {"targets": {".NETCoreApp,Version=v8.0": {"Tool/1.0.0": {"dependencies": {"Text": "2.1.0"}}, "Text/2.1.0": {}}},
     "libraries": {"Tool/1.0.0": {"type": "project"}, "Text/2.1.0": {"type": "package", "sha512": "sha512-..."}}}
"""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.nuget.package import component
from assay.formats import digest, json
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Found


def parse_deps(file: File) -> Found:
    """What a program was published with."""
    return _graph(json.load_object(file.data), Presence.INSTALLED)


def parse_assets(file: File) -> Found:
    """What the restore of a project chose, with the project itself."""
    document = json.load_object(file.data)
    project = as_object(document.get("project"))
    name = as_text(as_object(project.get("restore")).get("projectName"))
    found = _graph(document, Presence.DECLARED)
    root = component(name, as_text(project.get("version")), Presence.DECLARED, ComponentType.APPLICATION)
    if root is None:
        return found
    by_name = {item.name.lower(): item.id for item in found.components}
    frameworks = as_object(project.get("frameworks")).values()
    direct = [key.lower() for item in frameworks for key in as_object(as_object(item).get("dependencies"))]
    edges = [(root.id, by_name[key]) for key in dict.fromkeys(direct) if key in by_name]
    return replace(found, components=(root, *found.components), edges=(*edges, *found.edges))


def _graph(document: Object, presence: Presence) -> Found:
    libraries = as_object(document.get("libraries"))
    components: dict[str, Component] = {}
    for key, details in libraries.items():
        item = _library(key, as_object(details), presence)
        if item is not None:
            components[key.lower()] = item
    edges: dict[tuple[str, str], None] = {}
    for target in as_object(document.get("targets")).values():
        rows = as_object(target)
        names = {key.partition("/")[0].lower(): key.lower() for key in rows}
        for key, details in rows.items():
            for name in as_object(as_object(details).get("dependencies")):
                pair = components.get(key.lower()), components.get(names.get(name.lower(), ""))
                if pair[0] is not None and pair[1] is not None:
                    edges[pair[0].id, pair[1].id] = None
    return Found(tuple(components.values()), tuple(edges))


def _library(key: str, details: Object, presence: Presence) -> Component | None:
    """A package or project; what only refers to an assembly of the framework is none."""
    name, _, version = key.partition("/")
    kind = as_text(details.get("type")).lower()
    if kind in ("reference", "referenceassembly"):
        return None
    shape = ComponentType.APPLICATION if kind == "project" else ComponentType.LIBRARY
    item = component(name.removeprefix("runtimepack."), version, presence, shape)
    checksum = as_text(details.get("sha512"))
    if item is None or not checksum:
        return item
    return replace(item, digests=digest.parse_sri(checksum if "-" in checksum else f"sha512-{checksum}"))
