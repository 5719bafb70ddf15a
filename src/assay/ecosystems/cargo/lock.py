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

from assay.formats import digest, purl, toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Found
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
