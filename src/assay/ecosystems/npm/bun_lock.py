"""bun.lock, versions 0 and 1: JSON with comments and trailing commas (Bun, "Lockfile").

::

    {"lockfileVersion": 1,
     "workspaces": {"": {"name": "app", "dependencies": {"chalk": "^4.0.0"}}},
     "packages": {
       "chalk": ["chalk@4.1.2", "", {"dependencies": {"supports-color": "^7.1.0"}}, "sha512-oKnbhFyRIXpUufez..."],
       "chalk/supports-color": ["supports-color@7.2.0", "", {}, "sha512-qpCAvRl9stuOHveKsn7Hnc..."]}}

A key is the path of names below which the package would lie in node_modules. Packages of a repository, a tarball or
a folder have no version here.
"""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.npm import package
from assay.errors import Malformed
from assay.formats import json
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Scope
from assay.model.ecosystem import File, Found
from assay.model.reachability import scopes
from assay.model.sbom import Skipped

_MAX_KEY = 4096
_LOCAL = ("file:", "link:", "workspace:", "root:")


def parse(file: File) -> Found:
    """The locked packages with their edges, the project and the members of its workspace."""
    if package.is_packaged(file.path):
        return Found()
    document = json.load_relaxed(file.data)
    workspaces = {path: as_object(value) for path, value in as_object(document.get("workspaces")).items()}
    listed = {key: as_list(value) for key, value in as_object(document.get("packages")).items()}
    entries = {key: entry for key, entry in listed.items() if entry and as_text(entry[0])}
    skipped = [
        Skipped(file.path, f"package {key[:80]} does not start with NAME@VERSION")
        for key in listed.keys() - entries.keys()
    ]
    if skipped and not entries:
        raise Malformed(skipped[0].reason)
    known = {key: _component(entry, workspaces) for key, entry in entries.items()}
    edges = {
        (component.id, target.id): None
        for key, component in known.items()
        for name, _, _ in package.dependencies(_details(entries[key]))
        if (target := _resolve(key, name, known)) is not None and target.id != component.id
    }
    direct: dict[Scope, list[str]] = {scope: [] for scope in Scope}
    projects: list[Component] = []
    for path, workspace in workspaces.items():
        project = _project(path, workspace)
        projects += [project] if project else []
        home = as_text(workspace.get("name"))
        for name, _, scope in package.dependencies(workspace, development=True):
            target = _resolve(home, name, known)
            if target is not None:
                direct[scope].append(target.id)
                edges.update({(project.id, target.id): None} if project else {})
    own = {one.id for one in projects}
    leading = scopes([pair for pair in edges if pair[0] not in own], direct)
    found = [*projects, *(replace(one, scope=leading.get(one.id, one.scope)) for one in known.values())]
    base = f"{file.folder}/" if file.folder else ""
    return Found(
        tuple({one.id: one for one in found}.values()),
        tuple(edges),
        provides=tuple((base + _place(key), one.id) for key, one in known.items()),
        skipped=tuple(sorted(skipped)),
    )


def _place(key: str) -> str:
    return "node_modules/" + "/node_modules/".join(_names(key))


def _names(key: str) -> list[str]:
    """The names in a key; ``@`` starts a scope, which has one more part."""
    names: list[str] = []
    for part in key.split("/"):
        if names and names[-1].startswith("@") and "/" not in names[-1]:
            names[-1] += f"/{part}"
        else:
            names.append(part)
    return names


def _resolve(key: str, name: str, known: dict[str, Component]) -> Component | None:
    """The nearest package of that name, from below the dependent upward."""
    path = _names(key) if key and len(key) <= _MAX_KEY else []
    for depth in range(len(path), -1, -1):
        candidate = "/".join([*path[:depth], name])
        if candidate in known:
            return known[candidate]
    return None


def _details(entry: list[Json]) -> Object:
    """The object with the dependencies; its position depends on where the package comes from."""
    return next((item for item in entry if isinstance(item, dict)), {})


def _component(entry: list[Json], workspaces: dict[str, Object]) -> Component:
    name, origin = package.name_and_rest(as_text(entry[0]))
    member = origin.removeprefix("workspace:") if origin.startswith("workspace:") else ""
    if member:
        workspace = workspaces.get(member, {})
        return _project(member, {"name": name, **workspace}) or package.locked(name)
    is_version = not origin.startswith(_LOCAL) and ":" not in origin and "#" not in origin
    return package.locked(
        name,
        origin if is_version else "",
        digests=package.integrity(entry[-1]) if len(entry) > 1 else (),
        resolved=as_text(entry[1]) if is_version and len(entry) > 1 else origin,
    )


def _project(path: str, workspace: Object) -> Component | None:
    name = as_text(workspace.get("name"))
    if not name:
        return None
    version = as_text(workspace.get("version"))
    properties = {package.WORKSPACE: path}
    return package.locked(name, version, kind=ComponentType.APPLICATION, properties=properties)
