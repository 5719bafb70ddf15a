"""Alpine's security database."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import secdb
from assay.model.advisory import Record
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    yield from secdb.read(document, "Alpine")
