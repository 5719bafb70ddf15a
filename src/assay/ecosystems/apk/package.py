"""An Alpine package as a component; the purl gets its namespace and ``distro`` when the distribution is known.

Dependencies and provides (APKBUILD(5), apk-package(5)) are words, with a version after one of ``< > = ~``::

    D:so:libc.musl-x86_64.so.1 busybox=1.36.0-r9 !old-thing pc:zlib>=1.2 /bin/sh
    p:so:libz.so.1=1.2.13 cmd:busybox=1.36.0-r9 /bin/sh
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.formats import os_release, purl, spdx_license
from assay.model.component import Component, ExternalReference, Property
from assay.model.ecosystem import Located
from assay.model.sbom import Distribution

_WORD = re.compile(r"[^<>=~@]+")
_PROPERTIES = (
    ("arch", "assay:apk:architecture"),
    ("origin", "assay:apk:origin"),
    ("commit", "assay:apk:commit"),
    ("builddate", "assay:apk:build-time"),
    ("install_if", "assay:apk:install-if"),
    ("unique_id", "assay:apk:unique-id"),
)


def component(fields: Mapping[str, str]) -> Component:
    """The package whose fields go by their names in ``.PKGINFO``; `Component.ref` is ``apk:NAME``."""
    name, version = fields["pkgname"], fields["pkgver"]
    arch, origin, url = (fields.get(key, "") for key in ("arch", "origin", "url"))
    qualifiers = {"arch": arch, "upstream": origin if origin != name else ""}
    return Component(
        name,
        version,
        namespace="alpine",
        purl=purl.build("apk", name, version, "alpine", qualifiers),
        ref=f"apk:{name}",
        licenses=spdx_license.normalise(fields.get("license", "")),
        supplier=fields.get("maintainer", ""),
        description=fields.get("pkgdesc", ""),
        references=(ExternalReference("website", url),) if url else (),
        properties=tuple(Property(label, fields[key]) for key, label in _PROPERTIES if fields.get(key)),
    )


def words(text: str) -> list[str]:
    """The names of a dependency or provides field; conflicts (``!name``) are none."""
    matches = (_WORD.match(word) for word in text.split() if word[0] != "!")
    return [match[0] for match in matches if match]


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with purls completed by the distribution."""
    system_of = os_release.systems(files, distribution)
    result = []
    for located in files:
        found, system = located.found, system_of(located.found.root)
        if system is not None:
            components = tuple(os_release.complete(item, system.id.lower(), system) for item in found.components)
            located = replace(located, found=replace(found, components=components))
        result.append(located)
    return result
