"""Which manifest answers a project: its own, the one that it names, or that of the workspace that it belongs to.

What the manifest holds is a need of the project, which has it by its UUID; what it does not hold (test dependencies,
weak ones, or all that was added after the manifest was written) stays as declared, with its range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import cast

from assay.model.component import Component, Scope
from assay.model.ecosystem import Located, Need
from assay.model.sbom import Distribution

_TESTS = "test"
"""The folder whose project has what the tests of the project above need (Pkg.jl documentation, "Creating Packages")."""


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Projects with the answers of their manifests."""
    manifests: dict[str, set[str]] = {}
    for file in files:
        if file.parser == "julia-manifest":
            manifests.setdefault(_folder(file.path), set()).update(name for name, _ in file.found.provides)
    projects = {_folder(file.path): file for file in files if file.parser == "julia-project"}
    members = {folder: _members(folder, file) for folder, file in projects.items()}
    homes = {folder: _home(folder, projects, members, manifests) for folder in projects}
    return [_answered(file, projects, homes, manifests) if file.parser == "julia-project" else file for file in files]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _members(folder: str, file: Located) -> frozenset[str]:
    """The folders of the projects of a workspace."""
    return frozenset(_within(folder, member) for member in cast(list[str], file.found.facts["members"]))


def _answered(
    file: Located, projects: Mapping[str, Located], homes: Mapping[str, str], manifests: Mapping[str, set[str]]
) -> Located:
    found, folder = file.found, _folder(file.path)
    keys = cast(list[str], found.facts["keys"])
    project = _project(file)
    asked = found.components[len(project) :]
    home = homes[folder]
    held = manifests.get(home, set())
    needs = tuple(Need(one.id, (key,)) for one in project for key in keys if key in held)
    left = [item for item, key in zip(asked, keys, strict=True) if key not in held]
    asking = project
    if folder.rpartition("/")[2] == _TESTS and _folder(folder) in projects:
        left = [item.changed(scope=Scope.EXCLUDED) for item in left]
        asking = project or _project(projects[_folder(folder)])
    edges = tuple((one.id, item.id) for one in asking for item in left)
    return replace(file, found=replace(found, components=(*project, *left), edges=edges, needs=needs, scope=home))


def _project(file: Located) -> tuple[Component, ...]:
    return file.found.components[: bool(file.found.facts["named"])]


def _home(
    folder: str,
    projects: Mapping[str, Located],
    members: Mapping[str, frozenset[str]],
    manifests: Mapping[str, set[str]],
) -> str:
    """The folder of the manifest, or the project's own where there is none."""
    told = str(projects[folder].found.facts["manifest"])
    if told:
        return _folder(_within(folder, told))
    home, above = folder, folder
    while above and home not in manifests:
        above = _folder(above)
        if home in members.get(above, ()):
            home = above
    return home if home in manifests else folder


def _within(folder: str, path: str) -> str:
    """A path that is told from a folder; empty for the root."""
    whole = normpath(f"{folder}/{path}" if folder else path)
    return "" if whole == "." else whole
