"""``php/.registry/NAME.reg`` and ``.registry/.channel.HOST/NAME.reg``: the packages that the PEAR installer knows.

A file holds one serialized array (`php_serialize`), in the shape of package.xml 2.0 or, from old packages, of 1.0
(PEAR manual, "package.xml 2.0")::

    name => Archive_Tar, channel => pear.example, version => [release => 1.4.14], license => [_content => BSD-3-Clause],
    dependencies => [required => [package => [name => PEAR, channel => pear.example]]],
    filelist => [Archive/Tar.php => [installed_as => /usr/share/php/Archive/Tar.php]]
"""

from __future__ import annotations

from assay.ecosystems.pear import php_serialize
from assay.ecosystems.pear.php_serialize import Value
from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference
from assay.model.ecosystem import File, Found, Need, Owned
from assay.model.license import License


def parse(file: File) -> Found:
    """The package with the names of what it needs and the files that it brought."""
    package = _object(php_serialize.load(file.data))
    name = _text(package.get("name")) or _text(package.get("package"))
    version = _text(_object(package.get("version")).get("release")) or _text(package.get("version"))
    if not name or not version:
        raise Malformed("PEAR registry entry without name or version")
    channel = _text(package.get("channel")) or _channel(file.path)
    terms = _text(_object(_object(package.get("license")).get("attribs")).get("uri"))
    component = Component(
        name,
        version,
        namespace=channel,
        purl=purl.attempt("pear", name, version, channel),
        licenses=_licenses(package),
        author=", ".join(_people(package)),
        description=" ".join(_text(package.get("summary")).split()),
        references=(ExternalReference("license", terms),) if "://" in terms else (),
    )
    needs = tuple(Need(component.id, (f"{where}/{what}", what)) for what, where in _needed(package))
    owned = "\n".join(_files(package)).encode()
    owns = (Owned(name, owned),) if owned else ()
    return Found((component,), needs=needs, provides=((f"{channel}/{name}", component.id),), owns=owns)


def _channel(path: str) -> str:
    """The channel whose folder the file is in: ``.channel.pecl.example``."""
    for part in path.split("/"):
        if part.startswith(".channel."):
            return part.removeprefix(".channel.")
    return ""


def _licenses(package: dict[str, Value]) -> tuple[License, ...]:
    stated = package.get("license") or package.get("release_license")
    return spdx_license.normalise(_text(_object(stated).get("_content")) or _text(stated))


def _people(package: dict[str, Value]) -> list[str]:
    """The developers that are called leads, in both shapes of package.xml."""
    people = list(_several(package.get("lead")))
    people += [item for item in _several(package.get("maintainers")) if _text(item.get("role")) == "lead"]
    return [name for person in people if (name := _text(person.get("name")))]


def _needed(package: dict[str, Value]) -> list[tuple[str, str]]:
    """Names and channels of required packages; PHP and its extensions are no packages of PEAR."""
    required = _object(_object(package.get("dependencies")).get("required"))
    found = [(_text(item.get("name")), _text(item.get("channel"))) for item in _several(required.get("package"))]
    old = _several(package.get("release_deps"))
    found += [
        (_text(item.get("name")), _text(item.get("channel")))
        for item in old
        if _text(item.get("type")) == "pkg" and _text(item.get("optional")) != "yes"
    ]
    return [pair for pair in dict.fromkeys(found) if pair[0]]


def _files(package: dict[str, Value]) -> list[str]:
    """Where the files of the package were put, relative to the root."""
    entries = _object(package.get("filelist")).values()
    paths = [_text(_object(entry).get("installed_as")).lstrip("/") for entry in entries]
    return [path for path in paths if path and "\n" not in path]


def _several(value: Value) -> list[dict[str, Value]]:
    """One array, or a list of arrays: package.xml writes a single child without a list around it."""
    items = _object(value)
    if "0" in items:
        return [_object(item) for item in items.values()]
    return [items] if items else []


def _object(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
