"""pdm.lock, versions 2 to 4.5 (PDM; the format is defined by its code).

::

    [[package]]
    name = "requests"
    version = "2.32.4"
    groups = ["default"]
    dependencies = ["certifi>=2017.4.17", "idna<4,>=2.5"]
    files = [{file = "requests-2.32.4.tar.gz", hash = "sha256:27d03166..."}]

A package that is wanted with extras has a second entry of the same version. Before 4.0 the files are in
``[metadata.files]`` under ``"name version"``.
"""

from __future__ import annotations

from assay.ecosystems.pypi import lockfile, package, requirement
from assay.formats import toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, Property, Scope
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The locked packages with the edges between them; the project itself is in pyproject.toml."""
    document = toml.load(file.data)
    files = as_object(as_object(document.get("metadata")).get("files"))
    packages = lockfile.entries(document.get("package"))
    components = [_component(entry, files) for entry in packages]
    names = package.by_name(components)
    edges = [
        (component.id, target)
        for component, entry in zip(components, packages, strict=True)
        for text in as_list(entry.get("dependencies"))
        for target in _targets(as_text(text), names)
    ]
    return lockfile.found(file, components, edges, document.get("package"))


def _targets(text: str, names: dict[str, list[str]]) -> list[str]:
    found = requirement.parse(text)
    return names.get(requirement.normalise(found.name), []) if found else []


def _component(entry: Object, files: Object) -> Component:
    name, version = as_text(entry.get("name")), as_text(entry.get("version"))
    listed = as_list(entry.get("files")) or as_list(files.get(f"{name} {version}"))
    pairs = [
        (as_text(one.get("url")) or as_text(one.get("file")), as_text(one.get("hash")))
        for one in map(as_object, listed)
    ]
    digests, references = package.files(pairs)
    qualifiers, properties = _source(entry)
    return package.declared(
        name,
        version,
        scope=_scope([as_text(group) for group in as_list(entry.get("groups"))]),
        description=as_text(entry.get("summary")),
        digests=digests,
        references=references,
        qualifiers=qualifiers,
        properties=properties,
    )


def _scope(groups: list[str]) -> Scope:
    """PDM does not say whether a group is for development; by its own documentation such groups are named so."""
    if not groups or "default" in groups:
        return Scope.REQUIRED
    return (
        Scope.EXCLUDED if any(group in ("dev", "test", "tests", "lint", "doc") for group in groups) else Scope.OPTIONAL
    )


def _source(entry: Object) -> tuple[dict[str, str], tuple[Property, ...]]:
    for kind in ("git", "hg", "svn", "bzr"):
        url = as_text(entry.get(kind))
        if url:
            commit = as_text(entry.get("revision")) or as_text(entry.get("ref"))
            return package.vcs(kind, url, commit), (Property(package.DIRECT, url),)
    where = as_text(entry.get("url")) or as_text(entry.get("path"))
    return package.direct(where)
