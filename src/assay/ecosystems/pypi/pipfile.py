"""Pipfile.lock, ``pipfile-spec`` 6 (pipenv).

::

    {"default": {"itsdangerous": {"hashes": ["sha256:5dbbc68b..."], "index": "pypi", "version": "==2.1.2"}},
     "develop": {"click": {"git": "https://code.example/click.git", "ref": "1d038f2..."}}}

Every section but ``default`` is for development or a category of one's own. There are no edges in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.ecosystems.pypi import lockfile, package
from assay.formats import json
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, Property, Scope
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The locked packages of all sections."""
    document = json.load_object(file.data)
    components: dict[str, Component] = {}
    for scope, name, entry in _entries(document):
        component = _component(name, entry, scope)
        components.setdefault(component.id, component)
    return lockfile.found(file, list(components.values()))


def _entries(document: Object) -> Iterator[tuple[Scope, str, Object]]:
    for section in ["default", "develop", *sorted(set(document) - {"default", "develop", "_meta"})]:
        scope = {"default": Scope.REQUIRED, "develop": Scope.EXCLUDED}.get(section, Scope.OPTIONAL)
        for name, entry in as_object(document.get(section)).items():
            if name:
                yield scope, name, as_object(entry)


def _component(name: str, entry: Object, scope: Scope) -> Component:
    specifier = as_text(entry.get("version"))
    version = specifier.lstrip("=") if specifier.startswith("==") and not specifier.endswith("*") else ""
    digests, hashes = package.accepted([as_text(value) for value in as_list(entry.get("hashes"))])
    qualifiers, properties = _source(entry)
    return package.declared(
        name,
        version,
        scope=scope,
        version_range="" if specifier == "*" else specifier,
        digests=digests,
        qualifiers=qualifiers,
        properties=properties + hashes,
    )


def _source(entry: Object) -> tuple[dict[str, str], tuple[Property, ...]]:
    for kind in ("git", "hg", "svn", "bzr"):
        url = as_text(entry.get(kind))
        if url:
            return package.vcs(kind, url, as_text(entry.get("ref"))), (Property(package.DIRECT, url),)
    return package.direct(as_text(entry.get("file")) or as_text(entry.get("path")))
