"""A pacman package as a component; the purl gets its namespace and ``distro`` when the distribution is known.

Dependencies are names with a version after one of ``< > =``: ``glibc>=2.38``, ``libcrypto.so=3-64``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.formats import os_release, purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import Located, Need
from assay.model.sbom import Distribution

Fields = Mapping[str, Sequence[str]]
"""Values by the lower-case names of the local database (``name``, ``version``, ``base``, ``depends`` ...)."""

_WORD = re.compile(r"[^<>=\s:]+")
_PROPERTIES = (
    ("arch", "assay:alpm:architecture"),
    ("base", "assay:alpm:base"),
    ("builddate", "assay:alpm:build-time"),
    ("reason", "assay:alpm:reason"),
)


def first(fields: Fields, key: str) -> str:
    """The first value of a field, or an empty string."""
    values = fields.get(key, ())
    return values[0] if values else ""


def component(fields: Fields, presence: Presence = Presence.INSTALLED) -> Component:
    """The package; `Component.ref` is ``alpm:NAME``."""
    name, version, arch, base, url = (first(fields, key) for key in ("name", "version", "arch", "base", "url"))
    qualifiers = {"arch": arch, "upstream": base if base != name else ""}
    return Component(
        name,
        version,
        namespace="arch",
        purl=purl.build("alpm", name, version, "arch", qualifiers),
        ref=f"alpm:{name}",
        presence=presence,
        licenses=tuple(
            dict.fromkeys(item for text in fields.get("license", ()) for item in spdx_license.normalise(text))
        ),
        supplier=first(fields, "packager"),
        description=first(fields, "desc"),
        references=(ExternalReference("website", url),) if url else (),
        properties=tuple(Property(label, first(fields, key)) for key, label in _PROPERTIES if first(fields, key)),
    )


def needs(fields: Fields) -> tuple[Need, ...]:
    """The dependencies by name."""
    dependent = f"alpm:{first(fields, 'name')}"
    return tuple(Need(dependent, (word,)) for word in words(fields.get("depends", ())))


def words(values: Sequence[str]) -> list[str]:
    """The names without their versions."""
    return [match[0] for match in map(_WORD.match, values) if match]


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
