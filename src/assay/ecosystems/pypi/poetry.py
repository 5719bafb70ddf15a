"""poetry.lock, versions 1.0 to 2.1 (poetry writes it; the format is defined by its code).

::

    [[package]]
    name = "rich"
    version = "13.9.4"
    optional = false
    groups = ["main"]
    files = [{file = "rich-13.9.4.tar.gz", hash = "sha256:43959497..."}]

    [package.dependencies]
    pygments = ">=2.13.0,<3.0.0"

Before 2.0 a package has ``category = "dev"`` instead of groups, and before 1.5 the files are in ``[metadata.files]``.
"""

from __future__ import annotations

from assay.ecosystems.pypi import lockfile, package
from assay.ecosystems.pypi.requirement import normalise
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
        for name in as_object(entry.get("dependencies"))
        for target in names.get(normalise(name), ())
    ]
    return lockfile.found(file, components, edges, document.get("package"))


def _component(entry: Object, files: Object) -> Component:
    name, version = as_text(entry.get("name")), as_text(entry.get("version"))
    listed = as_list(entry.get("files")) or as_list(files.get(name))
    pairs = [(as_text(one.get("file")), as_text(one.get("hash"))) for one in map(as_object, listed)]
    digests, references = package.files(pairs)
    qualifiers, properties = _source(as_object(entry.get("source")))
    return package.declared(
        name,
        version,
        scope=_scope(entry),
        description=as_text(entry.get("description")),
        digests=digests,
        references=references,
        qualifiers=qualifiers,
        properties=properties,
    )


def _scope(entry: Object) -> Scope:
    groups = [as_text(group) for group in as_list(entry.get("groups"))]
    if as_text(entry.get("category")) == "dev" or (groups and "main" not in groups):
        return Scope.EXCLUDED
    return Scope.OPTIONAL if entry.get("optional") is True else Scope.REQUIRED


def _source(source: Object) -> tuple[dict[str, str], tuple[Property, ...]]:
    kind, url = as_text(source.get("type")), as_text(source.get("url"))
    if kind in ("", "legacy"):
        return {}, ()
    if kind in ("directory", "file"):
        return {}, (Property(package.DIRECT, url),)
    if kind == "url":
        return package.direct(url)
    commit = as_text(source.get("resolved_reference")) or as_text(source.get("reference"))
    return package.vcs(kind, url, commit), (Property(package.DIRECT, url),)
