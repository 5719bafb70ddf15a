"""``oci-dir:PATH[:TAG|@DIGEST]``: an image in an OCI layout."""

from __future__ import annotations

from assay.adapters import attached
from assay.adapters.image import Image
from assay.adapters.oci_layout import open_layout
from assay.adapters.sources import Request
from assay.model.sbom import Sbom


def open_source(reference: str, request: Request) -> Image | Sbom:
    """The image; raises `InputError` where there is none, or more than one and none chosen."""
    return attached.used(open_layout(reference, request.image), request.from_attached, request.note)
