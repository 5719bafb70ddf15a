"""What a version of CycloneDX cannot hold of an SBOM, in words."""

from __future__ import annotations

from assay.formats.cyclonedx.document_writer import build
from assay.formats.cyclonedx.fit import NEWEST
from assay.model.sbom import Sbom


def losses(sbom: Sbom, version: str = NEWEST) -> tuple[str, ...]:
    """A line for each kind of thing that is lost, sorted: ``component.tags (12 times)``."""
    _, lost = build(sbom, version)
    return tuple(f"{what} ({count} times)" if count > 1 else what for what, count in sorted(lost.items()) if count)
