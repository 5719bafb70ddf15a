"""An operating system as a component, and which of several files of one root names it.

Each file has a priority (``facts["priority"]``, the lowest wins): os-release before its elders, which are ordered by
how much they tell; a root folder further down counts after all files of one further up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.formats.os_release import priority
from assay.model.component import Component, ComponentType, ExternalReference, Property
from assay.model.ecosystem import Found, Located
from assay.model.sbom import Distribution


def found(path: str, tail: str, distribution: Distribution, rank: int) -> Found:
    """What a file says that ends in `tail` (``etc/redhat-release``) below the root folder of a system."""
    root = path.removesuffix(tail).rstrip("/")
    facts = {"priority": priority(root, rank)}
    return Found((component(distribution),), root=root, distribution=distribution, facts=facts)


def component(system: Distribution, bug_url: str = "") -> Component:
    """The operating system."""
    links = (("website", system.home_url), ("issue-tracker", bug_url))
    facts = (
        ("assay:os:codename", system.version_codename),
        ("assay:os:id-like", " ".join(system.id_like)),
        ("assay:os:variant", system.variant_id),
    )
    return Component(
        system.id,
        system.version_id,
        ComponentType.OPERATING_SYSTEM,
        description=system.pretty_name or system.name,
        cpes=(system.cpe_name,) if system.cpe_name.startswith("cpe:") else (),
        references=tuple(ExternalReference(kind, url) for kind, url in links if url),
        properties=tuple(Property(name, value) for name, value in facts if value),
    )


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
