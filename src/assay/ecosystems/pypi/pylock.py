"""pylock.toml (PEP 751), version 1.0.

::

    lock-version = "1.0"
    [[packages]]
    name = "attrs"
    version = "25.1.0"
    dependencies = [{name = "idna"}]
    wheels = [{url = "https://files.example/attrs-25.1.0-py3-none-any.whl", hashes = {sha256 = "c75a69e2..."}}]

Markers such as ``"dev" in dependency_groups`` tell what is not for everybody.
"""

from __future__ import annotations

import re

from assay.ecosystems.pypi import lockfile, package
from assay.ecosystems.pypi.requirement import normalise
from assay.formats import toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Property, Scope
from assay.model.ecosystem import File, Found

_GROUP = re.compile(r"""["']([^"']+)["']\s+in\s+(dependency_groups|extras)""")


def parse(file: File) -> Found:
    """The locked packages; edges where the file holds them (they are optional there)."""
    document = toml.load(file.data)
    default = {as_text(group) for group in as_list(document.get("default-groups"))} | {"default"}
    packages = lockfile.entries(document.get("packages"))
    components = [_component(entry, default) for entry in packages]
    names = package.by_name(components)
    edges = [
        (component.id, target)
        for component, entry in zip(components, packages, strict=True)
        for wanted in map(as_object, as_list(entry.get("dependencies")))
        for target in names.get(normalise(as_text(wanted.get("name"))), ())
    ]
    return lockfile.found(file, components, edges, document.get("packages"))


def _component(entry: Object, default: set[str]) -> Component:
    listed = [as_object(entry.get("sdist")), as_object(entry.get("archive"))]
    listed += map(as_object, as_list(entry.get("wheels")))
    digests, references = package.files([_file(one) for one in listed])
    qualifiers, properties = _source(entry)
    is_project = as_text(as_object(entry.get("directory")).get("path")) == "."
    return package.declared(
        as_text(entry.get("name")),
        as_text(entry.get("version")),
        kind=ComponentType.APPLICATION if is_project else ComponentType.LIBRARY,
        scope=_scope(as_text(entry.get("marker")), default),
        digests=digests,
        references=references,
        qualifiers=qualifiers,
        properties=properties,
    )


def _file(entry: Object) -> tuple[str, str]:
    where = next((as_text(entry[key]) for key in ("url", "name", "path") if as_text(entry.get(key))), "")
    hashes = as_object(entry.get("hashes"))
    algorithm = next((name for name in ("sha256", "sha512", "sha384", *hashes) if name in hashes), "")
    return where, f"{algorithm}:{as_text(hashes.get(algorithm))}" if algorithm else ""


def _scope(marker: str, default: set[str]) -> Scope:
    wanted = _GROUP.findall(marker)
    if not wanted or any(kind == "dependency_groups" and name in default for name, kind in wanted):
        return Scope.REQUIRED
    return Scope.OPTIONAL if any(kind == "extras" for _, kind in wanted) else Scope.EXCLUDED


def _source(entry: Object) -> tuple[dict[str, str], tuple[Property, ...]]:
    vcs = as_object(entry.get("vcs"))
    if vcs:
        url = as_text(vcs.get("url")) or as_text(vcs.get("path"))
        commit = as_text(vcs.get("commit-id"))
        return package.vcs(as_text(vcs.get("type")) or "git", url, commit), (Property(package.DIRECT, url),)
    archive, directory = as_object(entry.get("archive")), as_object(entry.get("directory"))
    where = as_text(archive.get("url")) or as_text(archive.get("path")) or as_text(directory.get("path"))
    return package.direct(where)
