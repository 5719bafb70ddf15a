"""Several SBOMs as one, and where they contradicted each other."""

from __future__ import annotations

from dataclasses import dataclass

from assay.model.sbom import Sbom


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """Two documents say different things of one component (by its id): `kept` is in the merged one."""

    component: str
    field: str
    kept: str
    dropped: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged SBOM, the contradictions, and what could not be taken over (`lost`, a line each)."""

    sbom: Sbom
    conflicts: tuple[Conflict, ...] = ()
    lost: tuple[str, ...] = ()
