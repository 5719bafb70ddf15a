"""uv.lock, version 1 (uv; the format is defined by its code).

::

    [[package]]
    name = "emoji"
    version = "2.14.0"
    source = { registry = "https://index.example/simple" }
    dependencies = [{ name = "typing-extensions", marker = "python_full_version < '3.13'" }]
    sdist = { url = "https://files.example/emoji-2.14.0.tar.gz", hash = "sha256:f68ac289...", size = 593932 }

``source = { virtual = "." }`` or ``editable`` marks the projects of the workspace; their ``dev-dependencies`` and
``optional-dependencies`` tell what the scope of everything else is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.ecosystems.pypi import lockfile, package
from assay.ecosystems.pypi.requirement import normalise
from assay.formats import toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Property, Scope
from assay.model.ecosystem import File, Found
from assay.model.reachability import scopes

VIRTUAL = "assay:pypi:virtual"
"""The property of a project that is not built: its path."""


def parse(file: File) -> Found:
    """The locked packages, the projects of the workspace among them, with all edges."""
    document = toml.load(file.data)
    packages = lockfile.entries(document.get("package"))
    components = [_component(entry) for entry in packages]
    names = package.by_name(components)
    versions = {(normalise(one.name), one.version): one.id for one in components}
    projects = {one.id for one in components if one.type is ComponentType.APPLICATION}
    edges: dict[tuple[str, str], None] = {}
    direct: dict[Scope, list[str]] = {scope: [] for scope in Scope}
    for component, entry in zip(components, packages, strict=True):
        for scope, wanted in _dependencies(entry):
            for target in _targets(wanted, names, versions):
                edges[component.id, target] = None
                if component.id in projects:
                    direct[scope].append(target)
    known = scopes([pair for pair in edges if pair[0] not in projects], direct)
    scoped = [replace(one, scope=known.get(one.id, Scope.REQUIRED)) for one in components]
    return lockfile.found(file, scoped, edges, document.get("package"))


def _dependencies(entry: Object) -> Iterator[tuple[Scope, Object]]:
    for one in as_list(entry.get("dependencies")):
        yield Scope.REQUIRED, as_object(one)
    for key, scope in (("optional-dependencies", Scope.OPTIONAL), ("dev-dependencies", Scope.EXCLUDED)):
        for group in as_object(entry.get(key)).values():
            for one in as_list(group):
                yield scope, as_object(one)


def _targets(wanted: Object, names: dict[str, list[str]], versions: dict[tuple[str, str], str]) -> list[str]:
    """The ids of a dependency; where the lock holds several versions, the entry says which one."""
    name = normalise(as_text(wanted.get("name")))
    exact = versions.get((name, as_text(wanted.get("version"))))
    return [exact] if exact else names.get(name, [])


def _component(entry: Object) -> Component:
    source = as_object(entry.get("source"))
    listed = [as_object(entry.get("sdist")), *map(as_object, as_list(entry.get("wheels")))]
    pairs = [
        (as_text(one.get("url")) or as_text(one.get("path")) or as_text(one.get("filename")), as_text(one.get("hash")))
        for one in listed
    ]
    digests, references = package.files(pairs)
    qualifiers, properties = _source(source)
    is_project = "virtual" in source or "editable" in source
    return package.declared(
        as_text(entry.get("name")),
        as_text(entry.get("version")),
        kind=ComponentType.APPLICATION if is_project else ComponentType.LIBRARY,
        digests=digests,
        references=references,
        qualifiers=qualifiers,
        properties=properties,
    )


def _source(source: Object) -> tuple[dict[str, str], tuple[Property, ...]]:
    git, url = as_text(source.get("git")), as_text(source.get("url"))
    if git:
        where, _, commit = git.partition("#")
        return package.vcs("git", where.partition("?")[0], commit), (Property(package.DIRECT, git),)
    if url:
        return package.direct(url)
    if "virtual" in source:
        return {}, (Property(VIRTUAL, as_text(source.get("virtual"))),)
    path = next((as_text(source[key]) for key in ("path", "directory", "editable") if key in source), "")
    return package.direct(path)
