"""``docker-archive:PATH[:TAG]``: what ``docker save`` wrote, compressed or not; ``-`` is standard input."""

from __future__ import annotations

from assay.adapters import attached, docker_archive, image_archive
from assay.adapters.image import Image
from assay.adapters.sources import Request, oci_archive
from assay.adapters.spool import OpenFile
from assay.model.sbom import Sbom


def open_source(reference: str, request: Request) -> Image | Sbom:
    """The image; raises `assay.errors.InputError` where there is none, or more than one and none chosen."""
    return of_file(*oci_archive.opened(reference), request)


def of_file(file: OpenFile, chosen: str, request: Request) -> Image | Sbom:
    """The image in an open file."""
    index = image_archive.index(file)
    image = docker_archive.open_archive(index, chosen, oci_archive.name(file), request.image)
    return attached.used(image, request.from_attached, request.note)
