"""CycloneDX JSON, read: any version from 1.2, also newer ones, as far as they say what 1.7 says."""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats.cyclonedx import document_reader
from assay.formats.json import as_text, load_object
from assay.model.sbom import Sbom


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no CycloneDX JSON."""
    document = load_object(data)
    if document.get("bomFormat") != "CycloneDX":
        raise Malformed("not CycloneDX: bomFormat is missing")
    version = as_text(document.get("specVersion"))
    try:
        return document_reader.sbom(document, f"cyclonedx-json@{version}")
    except RecursionError:
        raise Malformed("components nested too deep") from None
