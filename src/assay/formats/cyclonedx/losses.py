"""What a version of CycloneDX cannot hold of an SBOM, in words."""

from __future__ import annotations

from assay.formats import unheld
from assay.formats.cyclonedx.document_writer import lost
from assay.formats.cyclonedx.fit import NEWEST, since
from assay.model.sbom import Sbom


def losses(sbom: Sbom, version: str = NEWEST) -> tuple[str, ...]:
    """A line for each kind of thing that is lost, sorted: ``component.tags (12 times; since 1.6)``.

    First what only the family holds that the document came from.
    """
    missing = lost(sbom, version)
    return unheld.lines(sbom, "cyclonedx") + tuple(
        _line(what, count) for what, count in sorted(missing.items()) if count
    )


def _line(what: str, count: int) -> str:
    first = since(what)
    remarks = [f"{count} times"] * (count > 1) + [f"since {first}"] * bool(first)
    return f"{what} ({'; '.join(remarks)})" if remarks else what
