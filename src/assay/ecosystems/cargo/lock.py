"""Cargo.lock, versions 1 to 4 (The Cargo Book, "Cargo.toml vs Cargo.lock").

::

    [[package]]
    name = "log"
    version = "0.4.29"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    checksum = "5e5032e24019045c762d3c0f28f5b6b8bbf38563a65908389bf7978758920897"
    dependencies = ["cfg-if", "serde 1.0.228"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from assay.formats import digest, purl, toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Presence, Scope
from assay.model.ecosystem import File, Found
from assay.model.reachability import scopes
from assay.model.sbom import Skipped

_CRATES_IO = "github.com/rust-lang/crates.io-index"


def parse(file: File) -> Found:
    """The crates of a lock file with their edges; workspace members (no `source`) are applications."""
    document = toml.load(file.data)
    listed = [as_object(package) for package in as_list(document.get("package"))]
    packages = [package for package in listed if as_text(package.get("name"))]
    nameless = len(listed) - len(packages)
    checksums = as_object(document.get("metadata"))
    components = [_component(package, checksums) for package in packages]
    by_key: dict[str, str] = {}
    for component in components:
        by_key[f"{component.name} {component.version}"] = component.id
        by_key[component.name] = component.id
    edges = [
        (component.id, by_key[key])
        for component, package in zip(components, packages, strict=True)
        for key in map(_dependency_key, as_list(package.get("dependencies")))
        if key in by_key
    ]
    skipped = (Skipped(file.path, f"{nameless} packages without a name"),) if nameless else ()
    return Found(tuple(components), tuple(edges), skipped=skipped)


def scoped(found: Found, projects: Sequence[Found]) -> Found:
    """A lock file whose crates have the scopes that `projects`, the manifests beside and below it, lead to.

    A manifest is its package first, then what that asks for. The lock file alone does not tell for what a member of
    the workspace needs a crate; a member without a manifest needs all for use. What nothing leads to stays required.
    """
    if not projects:
        return found
    wanted: dict[str, list[Component]] = defaultdict(list)
    for project in projects:
        wanted[project.components[0].name] += project.components[1:]
    names = {item.id: item.name for item in found.components}
    members = [item for item in found.components if item.type is ComponentType.APPLICATION]
    own = {item.id: _strongest(wanted[item.name]) for item in members if item.name in wanted}
    direct: dict[Scope, list[str]] = {scope: [] for scope in Scope}
    direct[Scope.REQUIRED] = [item.id for item in members if item.id not in own]
    for dependent, needed in found.edges:
        if dependent in own and needed not in own:
            direct[own[dependent].get(names[needed], Scope.REQUIRED)].append(needed)
    known = scopes((pair for pair in found.edges if pair[0] not in own), direct)
    return replace(
        found, components=tuple(replace(item, scope=known.get(item.id, item.scope)) for item in found.components)
    )


def _strongest(asked: Sequence[Component]) -> dict[str, Scope]:
    """The scope by the name of the crate, which may be asked for more than once."""
    found: dict[str, Scope] = {}
    for scope in (Scope.EXCLUDED, Scope.OPTIONAL, Scope.REQUIRED):
        found |= {item.name: scope for item in asked if item.scope is scope}
    return found


def _dependency_key(value: object) -> str:
    """``serde 1.0.228 (registry+...)`` names the crate; the source only matters between equal versions."""
    return " ".join(as_text(value).split(" ")[:2])


def _component(package: Object, checksums: Object) -> Component:
    name, version, source = (as_text(package.get(key)) for key in ("name", "version", "source"))
    checksum = as_text(package.get("checksum")) or as_text(checksums.get(f"checksum {name} {version} ({source})"))
    known = digest.find(f"sha256:{checksum}") if checksum else None
    qualifiers = {}
    if source.startswith("git+"):
        qualifiers["vcs_url"] = source
    elif source and _CRATES_IO not in source:
        qualifiers["repository_url"] = source.partition("+")[2]
    return Component(
        name,
        version,
        ComponentType.LIBRARY if source else ComponentType.APPLICATION,
        ecosystem="cargo",
        purl=purl.build("cargo", name, version, qualifiers=qualifiers),
        presence=Presence.DECLARED,
        digests=(known,) if known else (),
    )
