"""``oci-archive:PATH[:TAG|@DIGEST]``: an image in an OCI layout packed as a tar, compressed or not.

``-`` in place of the path is standard input.
"""

from __future__ import annotations

from pathlib import Path

from assay.adapters import attached, image_archive, oci_layout, spool
from assay.adapters.image import Image
from assay.adapters.sources import Request
from assay.adapters.spool import OpenFile
from assay.model.sbom import Sbom


def open_source(reference: str, request: Request) -> Image | Sbom:
    """The image; raises `assay.errors.InputError` where there is none, or more than one and none chosen."""
    return of_file(*opened(reference), request)


def opened(reference: str) -> tuple[OpenFile, str]:
    """The archive that a reference names, and what it says of the image in it."""
    if reference[:1] == "-" and reference[1:2] in ("", ":", "@"):
        from assay.adapters.sources.file import standard_input

        return standard_input(), reference[2:]
    path, chosen = oci_layout.split(reference, Path.is_file)
    return spool.open_file(str(path)), chosen


def of_file(file: OpenFile, chosen: str, request: Request) -> Image | Sbom:
    """The image in an open file."""
    blobs = oci_layout.TarBlobs(image_archive.index(file))
    image = oci_layout.image(blobs, chosen, name(file), request.image)
    return attached.used(image, request.from_attached, request.note)


def name(file: OpenFile) -> str:
    """What an image is called that does not say so itself: like its file, without the endings."""
    return Path(file.name).name.partition(".")[0].replace(" ", "-") or "image"
