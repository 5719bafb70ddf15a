"""A control paragraph as a component.

The purl gets its final namespace and ``distro`` only when the distribution is known (`assay.ecosystems.deb.assembly`),
so `Component.ref` (``deb:libssl3:amd64``) is the identity until then.
"""

from __future__ import annotations

from functools import lru_cache

from assay.ecosystems.deb.control import Paragraph, relations, source
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import Need

_PROPERTIES = (
    ("Architecture", "assay:deb:architecture"),
    ("Section", "assay:deb:section"),
    ("Priority", "assay:deb:priority"),
    ("Essential", "assay:deb:essential"),
    ("Multi-Arch", "assay:deb:multi-arch"),
    ("ABIVersion", "assay:deb:abi-version"),
)


def reference(paragraph: Paragraph) -> str:
    """The local identity of a package."""
    return f"deb:{paragraph['Package']}:{paragraph.get('Architecture', '')}"


def component(paragraph: Paragraph, namespace: str = "debian", presence: Presence = Presence.INSTALLED) -> Component:
    """The package; raises `assay.errors.Malformed` for a name that cannot be one."""
    name, version = paragraph["Package"], paragraph["Version"]
    facts = [_fact(label, paragraph[field]) for field, label in _PROPERTIES if paragraph.get(field)]
    qualifiers = {"arch": paragraph.get("Architecture", "")}
    if namespace == "openwrt":  # Source is a folder of the build tree, SourceName the package
        origin = paragraph.get("SourceName", "")
        facts += [Property("assay:deb:source", origin)] if origin else []
    else:
        origin, origin_version = source(paragraph)
        facts += [Property("assay:deb:source", origin), Property("assay:deb:source-version", origin_version)]
        if origin_version != version:
            qualifiers["upstream"] = f"{origin}@{origin_version}"
        elif origin != name:
            qualifiers["upstream"] = origin
    homepage, cpe = paragraph.get("Homepage", ""), paragraph.get("CPE-ID", "")
    return Component(
        name,
        version,
        namespace=namespace,
        purl=purl.build("deb", name, version, namespace, qualifiers),
        ref=reference(paragraph),
        presence=presence,
        licenses=spdx_license.normalise(paragraph.get("License", "")),
        supplier=paragraph.get("Maintainer", "").partition("\n")[0],
        description=paragraph.get("Description", "").partition("\n")[0],
        cpes=(cpe,) if cpe.startswith("cpe:") else (),
        references=(ExternalReference("website", homepage),) if homepage else (),
        properties=tuple(facts),
    )


def _fact(label: str, value: str) -> Property:
    return _kept(label, value) if len(value) < _MAX_KEPT else Property(label, value)


_MAX_KEPT = 100
_kept = lru_cache(256)(Property)
"""Kept: architectures and sections are few."""


def needs(paragraph: Paragraph, *, several: bool) -> list[Need]:
    """Dependencies by name; with `several` architectures installed, the package's own comes first."""
    dependent = reference(paragraph)
    own = paragraph.get("Architecture", "")
    found = []
    for field in ("Pre-Depends", "Depends"):
        for group in relations(paragraph[field]) if field in paragraph else ():
            names: list[str] = []
            for name, architecture in group:
                if architecture or several:
                    names.append(f"{name}:{architecture or own}")
                names.append(name)
            found.append(Need(dependent, tuple(names)))
    return found


def provides(paragraph: Paragraph, *, several: bool) -> list[tuple[str, str]]:
    """The names under which others need the package, and dpkg its files (``libssl3:amd64``)."""
    identity, own = reference(paragraph), paragraph.get("Architecture", "")
    names = [group[0][0] for group in relations(paragraph["Provides"])] if "Provides" in paragraph else []
    if several:
        names = [name for item in (*names, paragraph["Package"]) for name in (f"{item}:{own}", item)]
    elif paragraph.get("Multi-Arch") == "same":
        names.append(f"{paragraph['Package']}:{own}")
    return [(name, identity) for name in names]
