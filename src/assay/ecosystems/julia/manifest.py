"""Manifest.toml, formats 1 and 2 (Pkg.jl documentation, "Project.toml and Manifest.toml").

::

    julia_version = "1.9.2"
    manifest_format = "2.0"

    [[deps.DataStructures]]
    deps = ["InteractiveUtils", "OrderedCollections"]
    git-tree-sha1 = "0809951a1774dc724da22d26e4289bbaab77809a"
    uuid = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"
    version = "0.17.0"

In format 1 the packages are at the top. A package is its UUID; names may be shared. Those of the standard library have
no tree and mostly no version: they have that of Julia, where the manifest tells it, and otherwise none, as
``Pkg.status`` lists them. The tree hash is git's and no digest of an archive: it is told as a property.
"""

from __future__ import annotations

from assay.formats import purl, toml
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The packages of an environment with their edges."""
    document = toml.load(file.data)
    julia = as_text(document.get("julia_version"))
    entries, missing = _entries(document)
    components = [_component(name, entry, julia) for name, entry in entries]
    names: dict[str, str] = {}
    for component, (name, entry) in zip(components, entries, strict=True):
        names.setdefault(name, component.id)
        names[as_text(entry.get("uuid")) or name] = component.id
    edges = tuple(
        (component.id, names[needed])
        for component, (_, entry) in zip(components, entries, strict=True)
        for needed in _needed(entry.get("deps"))
        if needed in names
    )
    provides = tuple((key, identity) for key, identity in names.items())
    skipped = (Skipped(file.path, f"{missing} packages without UUID and version"),) if missing else ()
    return Found(tuple(components), edges, provides=provides, scope=file.folder, skipped=skipped)


def _entries(document: Object) -> tuple[list[tuple[str, Object]], int]:
    """The packages with their names, and how many entries are none."""
    packages = as_object(document.get("deps")) if "manifest_format" in document or "deps" in document else document
    entries = [(name, as_object(entry)) for name, entries in packages.items() for entry in as_list(entries)]
    named = [(name, entry) for name, entry in entries if "uuid" in entry or "version" in entry]
    return named, len(entries) - len(named)


def _standard(entry: Object) -> bool:
    """Whether a package belongs to Julia itself."""
    return not any(key in entry for key in ("git-tree-sha1", "path", "repo-url"))


def _version(entry: Object, julia: str) -> str:
    return as_text(entry.get("version")) or (julia if _standard(entry) else "")


def _needed(deps: Json | None) -> list[str]:
    """Names, or UUIDs where names would not do."""
    return [as_text(item) for item in (deps.values() if isinstance(deps, dict) else as_list(deps))]


def _component(name: str, entry: Object, julia: str) -> Component:
    version, uuid = _version(entry, julia), as_text(entry.get("uuid"))
    url, revision = as_text(entry.get("repo-url")), as_text(entry.get("repo-rev"))
    facts = {
        "git-tree-sha1": as_text(entry.get("git-tree-sha1")),
        "standard-library": "true" * _standard(entry),
        "version-from": "julia" * (version != as_text(entry.get("version"))),
    }
    return Component(
        name,
        version,
        purl=purl.attempt("julia", name, version, qualifiers={"uuid": uuid}),
        presence=Presence.DECLARED,
        references=(ExternalReference("vcs", url, revision),) if "://" in url else (),
        properties=tuple(Property(f"assay:julia:{key}", value) for key, value in facts.items() if value),
    )
