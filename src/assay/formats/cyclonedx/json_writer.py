"""CycloneDX JSON, written: ``write(sbom, "1.7")``; the same nouns give the same bytes."""

from __future__ import annotations

from assay.formats import json_bytes
from assay.formats.cyclonedx.document_writer import encode
from assay.formats.cyclonedx.fit import NEWEST
from assay.model.sbom import Sbom


def write(sbom: Sbom, version: str = NEWEST, indent: int = 2) -> bytes:
    """The document in that version; `indent` 0 writes it on one line."""
    return json_bytes.laid_out(encode(sbom, version), indent)
