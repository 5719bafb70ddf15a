"""An operating system as a component, and which of several files of one root names it.

Each file has a priority (``facts["priority"]``, the lowest wins): os-release before its elders, which are ordered by
how much they tell; a root folder further down counts after all files of one further up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assay.formats.os_release import priority
from assay.model.component import Component, ComponentType, ExternalReference, Property
from assay.model.ecosystem import Found, Located
from assay.model.sbom import Distribution

_PLAIN = re.compile(r"[0-9a-z._-]{1,40}\Z")
_LISTED = {
    "alpine": "alpinelinux:alpine_linux",
    "centos": "centos:centos",
    "debian": "debian:debian_linux",
    "fedora": "fedoraproject:fedora",
    "ol": "oracle:linux",
    "photon": "vmware:photon_os",
    "rhel": "redhat:enterprise_linux",
    "ubuntu": "canonical:ubuntu_linux",
}
"""Vendor and product in the CPE dictionary, for systems whose os-release has no CPE_NAME."""


def found(path: str, tail: str, distribution: Distribution, rank: int) -> Found:
    """What a file says that ends in `tail` (``etc/redhat-release``) below the root folder of a system."""
    root = path.removesuffix(tail).rstrip("/")
    facts = {"priority": priority(root, rank)}
    return Found((component(distribution),), root=root, distribution=distribution, facts=facts)


def component(system: Distribution, vendor: str = "", links: Iterable[tuple[str, str]] = ()) -> Component:
    """The operating system; `links` are types and addresses of references beside the home page."""
    facts = (
        ("assay:os:codename", system.version_codename),
        ("assay:os:id-like", " ".join(system.id_like)),
        ("assay:os:variant", system.variant_id),
    )
    return Component(
        system.id,
        system.version_id,
        ComponentType.OPERATING_SYSTEM,
        supplier=vendor or system.name,
        description=system.pretty_name or system.name,
        cpes=_cpes(system),
        references=tuple(ExternalReference(kind, url) for kind, url in (("website", system.home_url), *links) if url),
        properties=tuple(Property(name, value) for name, value in facts if value),
    )


def _cpes(system: Distribution) -> tuple[str, ...]:
    """What the system says of itself, else the name under which the NVD lists it."""
    if system.cpe_name.startswith("cpe:"):
        return (system.cpe_name,)
    known = _LISTED.get(system.id)
    version = system.version_id.lower()
    if known is None or not _PLAIN.match(version):
        return ()
    return (f"cpe:2.3:o:{known}:{version}:*:*:*:*:*:*:*",)


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """One component for each root: that of the best file; the point version of Debian joins it as a property."""
    best: dict[str, Located] = {}
    for located in sorted(files, key=_rank):
        best.setdefault(located.found.root, located)
    points = {item.found.root: item.found for item in files if item.path.endswith("debian_version")}
    result = []
    for located in files:
        if best[located.found.root] is not located:
            continue
        point = points.get(located.found.root)
        if point is not None and point is not located.found:
            located = _with_point_version(located, point)
        result.append(located)
    return result


def _rank(located: Located) -> tuple[int, str, int]:
    rank = located.found.facts.get("priority")
    return (rank if isinstance(rank, int) else 0, located.path, -located.layer)


def _with_point_version(located: Located, point: Found) -> Located:
    if not located.found.components or not point.components:
        return located
    system, version = located.found.components[0], point.components[0].version
    if system.name != "debian" or not version.startswith(f"{system.version}."):
        return located
    facts = (*system.properties, Property("assay:os:point-version", version))
    return replace(located, found=replace(located.found, components=(replace(system, properties=facts),)))
