"""``docker:NAME[:TAG]``: an image that the Docker on this machine has, by its API."""

from __future__ import annotations

from assay.adapters.image import Image
from assay.adapters.sources import Request
from assay.model.sbom import Sbom


def open_source(reference: str, request: Request) -> Image | Sbom:
    """The image; raises `assay.errors.UsageError` while offline, `assay.errors.ExternalError` without Docker."""
    from assay.adapters import engine_image

    return engine_image.open_image("docker", reference, request)
