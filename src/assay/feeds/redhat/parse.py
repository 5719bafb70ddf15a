"""Red Hat's documents: CSAF where they are JSON, OVAL where they are XML."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import csaf_records, oval
from assay.model.advisory import Record
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    is_xml = document.content.lstrip()[:1] == b"<"
    yield from oval.read(document, source) if is_xml else csaf_records.read(document, source)
