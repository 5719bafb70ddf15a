"""What syft-json cannot hold of an SBOM, in words."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import syft_metadata, unheld
from assay.formats.json import as_object
from assay.formats.syft_json import artifact
from assay.model.component import Component, ComponentType, Presence, Scope
from assay.model.sbom import Completeness, Sbom

_TYPES = frozenset({ComponentType.LIBRARY, ComponentType.OPERATING_SYSTEM})


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """What syft-json has no place for."""
    del version
    kinds = {
        "digests": sum(bool(component.digests) for component in sbom.components),
        "suppliers": sum(bool(component.supplier) for component in sbom.components),
        "authors": sum(bool(component.author) for component in sbom.components),
        "descriptions": sum(bool(component.description) for component in sbom.components),
        "copyright texts": sum(bool(component.copyright) for component in sbom.components),
        "references": sum(bool(component.references) for component in sbom.components),
        "types": sum(component.type not in _TYPES for component in sbom.components),
        "properties": sum(map(_has_other_facts, sbom.components)),
        "version ranges": sum(_unplaced(component, bool(component.version_range)) for component in sbom.components),
        "presence": sum(_unplaced(component, component.presence is Presence.DECLARED) for component in sbom.components),
        "scopes": sum(_unplaced(component, component.scope is not Scope.REQUIRED) for component in sbom.components),
    }
    lines = [f"{what} of {count} components" for what, count in kinds.items() if count]
    lines += ["what was skipped"] if sbom.skipped else []
    lines += ["attached SBOMs"] if sbom.attached else []
    itself = sbom.serial, sbom.lifecycles, sbom.completeness is not Completeness.UNKNOWN
    lines += ["serial number, lifecycle and completeness of the document"] if any(itself) else []
    return (*lines, *_lost_edges(sbom), *unheld.lines(sbom, "syft"))


def _lost_edges(sbom: Sbom) -> Iterator[str]:
    known = {component.id for component in sbom.components}
    if sbom.dependencies.get(sbom.subject.id):
        yield "what the subject depends on: it contains all alike"
    lost = sum(
        dependent not in known or needed not in known
        for dependent, all_needed in sbom.dependencies.items()
        if dependent != sbom.subject.id
        for needed in all_needed
    )
    if lost:
        yield f"dependencies of or on what is no component: {lost} entries"


def _has_other_facts(component: Component) -> bool:
    """Whether the component has properties that are not in the metadata of its artifact."""
    if not component.properties:
        return False
    metadata = as_object(artifact(component, "", {}).get("metadata"))
    return not set(component.properties) <= set(syft_metadata.facts(metadata))


def _unplaced(component: Component, said: bool) -> bool:
    """Whether something that `_notes` would write is lost, because there is no location to hold it."""
    return said and not component.occurrences
