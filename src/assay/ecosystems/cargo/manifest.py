"""Cargo.toml (The Cargo Book, "The Manifest Format", "Specifying Dependencies", "Workspaces").

::

    [package]
    name = "tool"
    version.workspace = true
    [dependencies]
    log = "0.4"                                   # a requirement: ^0.4
    serde = { version = "=1.0.228", optional = true }
    regex = { git = "https://git.example/regex", rev = "0c09903" }
    shared = { workspace = true }                 # from [workspace.dependencies] of the workspace's root
    [target.'cfg(unix)'.dev-dependencies]
    tempfile = "3"
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assay.ecosystems.cargo import lock
from assay.formats import purl, spdx_license, toml
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution

_TABLES = {
    "dependencies": Scope.REQUIRED,
    "build-dependencies": Scope.EXCLUDED,
    "build_dependencies": Scope.EXCLUDED,
    "dev-dependencies": Scope.EXCLUDED,
    "dev_dependencies": Scope.EXCLUDED,
}


def parse(file: File) -> Found:
    """The package and what it depends on; what a workspace tells is added by `assemble`."""
    document = toml.load(file.data)
    return _found(document, as_object(document.get("workspace")))


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Manifests with what their workspace tells; beside a lock file only the package itself is kept of them, and the
    lock file learns from them what is not for use at run time.
    """
    locked = {_folder(file.path) for file in files if file.parser == "cargo-lock"}
    documents = {
        _folder(file.path): as_object(file.found.facts.get("document")) for file in files if file.parser == "cargo-toml"
    }
    workspaces = {folder: as_object(item["workspace"]) for folder, item in documents.items() if "workspace" in item}
    projects: dict[str, list[Found]] = defaultdict(list)
    assembled = [
        _assembled(file, locked, workspaces, projects) if file.parser == "cargo-toml" else file for file in files
    ]
    return [
        replace(file, found=lock.scoped(file.found, projects[_folder(file.path)]))
        if file.parser == "cargo-lock"
        else file
        for file in assembled
    ]


def _assembled(
    file: Located, locked: set[str], workspaces: Mapping[str, Object], projects: Mapping[str, list[Found]]
) -> Located:
    """The manifest; beside or below a lock file it is put to the `projects` of the folder of that."""
    folders = list(_upwards(_folder(file.path)))
    workspace = next((workspaces[folder] for folder in folders if folder in workspaces), {})
    found = _found(as_object(file.found.facts.get("document")), workspace)
    home = next((folder for folder in folders if folder in locked), None)
    if home is not None:
        named = bool(found.facts.get("named"))
        if named:
            projects[home].append(found)
        found = replace(found, components=found.components[:named], edges=(), needs=())
    return replace(file, found=found)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""


def _found(document: Object, workspace: Object) -> Found:
    package = as_object(document.get("package")) or as_object(document.get("project"))
    shared = as_object(workspace.get("dependencies"))
    rows = list(_dependencies(document, shared))
    if not package and "workspace" in document:
        rows = [(name, spec, Scope.REQUIRED) for name, spec in shared.items()]
    components = [item for row in rows if (item := _dependency(*row)) is not None]
    edges: list[tuple[str, str]] = []
    needs: list[Need] = []
    named = bool(as_text(package.get("name")))
    if named:
        project = _package(package, as_object(workspace.get("package")))
        edges = [(project.id, component.id) for component in components]
        needs = [Need(project.id, (_crate(name, spec),)) for name, spec, _ in rows if _is_local(spec)]
        components.insert(0, project)
    facts = {"document": document, "named": named}
    return Found(tuple(components), tuple(edges), tuple(needs), facts=facts)


def _dependencies(document: Object, shared: Object) -> Iterator[tuple[str, Json, Scope]]:
    tables = [document, *(as_object(target) for target in as_object(document.get("target")).values())]
    for table in tables:
        for key, scope in _TABLES.items():
            for name, spec in as_object(table.get(key)).items():
                details = as_object(spec)
                if details.get("workspace") is True:
                    inherited = shared.get(name)
                    spec = {**(as_object(inherited) or {"version": inherited}), **details}
                optional = details.get("optional") is True and scope is Scope.REQUIRED
                yield name, spec, Scope.OPTIONAL if optional else scope


def _is_local(spec: Json) -> bool:
    details = as_object(spec)
    return "path" in details and not as_text(details.get("version"))


def _crate(name: str, spec: Json) -> str:
    return as_text(as_object(spec).get("package")) or name


def _dependency(name: str, spec: Json, scope: Scope) -> Component | None:
    """The crate by its real name; None for a member of the same workspace, which has its own manifest."""
    details = as_object(spec)
    if _is_local(spec):
        return None
    name = _crate(name, spec)
    requirement = (as_text(spec) or as_text(details.get("version"))).strip()
    exact = requirement[1:].strip() if _is_exact(requirement) else ""
    git, revision = as_text(details.get("git")), as_text(details.get("rev")) or as_text(details.get("tag"))
    source = f"git+{git}@{revision}" if revision else f"git+{git}"
    return Component(
        name,
        exact,
        ecosystem="cargo",
        purl=purl.build("cargo", name, exact, qualifiers={"vcs_url": source} if git else {}),
        presence=Presence.DECLARED,
        scope=scope,
        version_range="" if exact else requirement,
    )


def _is_exact(requirement: str) -> bool:
    """``=1.2.3`` in full; ``=1.2`` stands for all patches."""
    return requirement.startswith("=") and "," not in requirement and requirement.count(".") >= 2


def _package(package: Object, shared: Object) -> Component:
    def value(key: str) -> Json:
        own = package.get(key)
        return shared.get(key) if as_object(own).get("workspace") is True else own

    name, version = as_text(package.get("name")), as_text(value("version"))
    links = (("website", "homepage"), ("vcs", "repository"), ("documentation", "documentation"))
    return Component(
        name,
        version,
        ComponentType.APPLICATION,
        ecosystem="cargo",
        purl=purl.build("cargo", name, version),
        presence=Presence.DECLARED,
        licenses=spdx_license.normalise(as_text(value("license")).replace("/", " OR ")),
        author=", ".join(as_text(author) for author in as_list(value("authors"))),
        description=as_text(value("description")),
        references=tuple(ExternalReference(kind, url) for kind, key in links if (url := as_text(value(key)))),
    )
