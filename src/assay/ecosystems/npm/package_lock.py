"""package-lock.json and npm-shrinkwrap.json, lockfileVersion 1 to 3, and the hidden node_modules/.package-lock.json.

::

    {"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {
        "": {"name": "app", "dependencies": {"left-pad": "^1.3.0"}},
        "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.example/left-pad-1.3.0.tgz",
                                  "integrity": "sha512-XI5MPzVN...", "dev": true}}}

Version 1 nests ``dependencies`` in place of paths; it is brought into that form first. Edges follow Node's search
from the folder of the dependent upward (npm, "package-lock.json").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.ecosystems.npm import package
from assay.formats import json
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ComponentType, Scope
from assay.model.ecosystem import File, Found

_FOLDER = "node_modules/"
_LOCAL = ("file:", "link:", "portal:")


def parse(file: File) -> Found:
    """The locked packages with their edges, the project (if it has a name) and the members of its workspace."""
    if package.is_packaged(file.path) and file.name != ".package-lock.json":
        return Found()
    document = json.load_object(file.data)
    packages = as_object(document.get("packages"))
    entries = {path: as_object(entry) for path, entry in packages.items()} if packages else _flatten(document)
    root: Object = {key: document[key] for key in ("name", "version") if key in document}
    entries[""] = root | entries.get("", {})
    components = {path: one for path, entry in entries.items() if (one := _component(path, entry)) is not None}
    targets = {path: as_text(entry.get("resolved")) for path, entry in entries.items() if entry.get("link") is True}
    identities = {path: one.id for path, one in components.items()}
    at = identities | {path: identities[target] for path, target in targets.items() if target in identities}
    edges = _edges(entries, identities, at)
    folder = file.folder.removesuffix("/node_modules") if file.name == ".package-lock.json" else file.folder
    folder = "" if folder == "node_modules" else folder
    base = f"{folder}/" if folder else ""
    return Found(
        tuple(dict(zip(identities.values(), components.values(), strict=True)).values()),
        tuple(edges),
        provides=tuple([(base + path, identity) for path, identity in at.items() if path]),
    )


def _edges(
    entries: Mapping[str, Object], identities: Mapping[str, str], at: Mapping[str, str]
) -> dict[tuple[str, str], None]:
    """Each package with those that it finds: (dependent, dependency), each pair once, in order."""
    filled = {path[: path.rindex(_FOLDER) + len(_FOLDER)] for path in at if _FOLDER in path}
    edges: dict[tuple[str, str], None] = {}
    for path, own in identities.items():
        names = package.names(entries[path], development=_FOLDER not in path)
        if not names:
            continue
        homes = package.homes(path)
        near = [home for home in homes if home in filled or not home.endswith(_FOLDER)]
        for name in names:
            for home in near if _FOLDER not in name else homes:
                found = at.get(home + name)
                if found is not None:
                    if found != own:
                        edges[own, found] = None
                    break
    return edges


def _component(path: str, entry: Object) -> Component | None:
    """The package at a path; links stand for their target, which has a path of its own."""
    if entry.get("link") is True:
        return None
    inside = path.rpartition(_FOLDER)[2] if _FOLDER in path else ""
    name = as_text(entry.get("name")) or inside or path.rpartition("/")[2]
    if not name:
        return None
    properties = None
    if not inside:
        properties = {package.WORKSPACE: path}
    elif inside != name:
        properties = {package.ALIAS: inside}
    return package.locked(
        name,
        as_text(entry.get("version")),
        kind=ComponentType.LIBRARY if inside else ComponentType.APPLICATION,
        scope=_scope(entry),
        digests=package.integrity(entry.get("integrity")),
        resolved=as_text(entry.get("resolved")),
        properties=properties,
    )


def _scope(entry: Object) -> Scope:
    if entry.get("dev") is True:
        return Scope.EXCLUDED
    return Scope.OPTIONAL if entry.get("optional") is True or entry.get("devOptional") is True else Scope.REQUIRED


def _flatten(document: Object) -> dict[str, Object]:
    """The entries of version 1 by the path that they will have."""
    return dict(_walk(as_object(document.get("dependencies"))))


def _walk(dependencies: Object) -> Iterator[tuple[str, Object]]:
    waiting = [("", dependencies)]
    while waiting:
        folder, level = waiting.pop()
        for name, value in level.items():
            entry, path = as_object(value), package.place(folder, name)
            if name:
                yield path, _modern(entry)
                waiting.append((path, as_object(entry.get("dependencies"))))


def _modern(entry: Object) -> Object:
    """An entry of version 1 in the words of version 3: ``version`` may hold an alias, a repository or a path."""
    version, modern = as_text(entry.get("version")), dict(entry)
    modern["dependencies"] = as_object(entry.get("requires"))
    real, exact = package.alias(version)
    if real:
        modern |= {"name": real, "version": exact}
    elif package.is_repository(version) or version.startswith(_LOCAL) or "://" in version:
        modern |= {"version": "", "resolved": version}
    return modern
