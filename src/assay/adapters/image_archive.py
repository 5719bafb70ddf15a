"""Image archives as open files: an uncompressed tar is read in place, a compressed one from a temporary file."""

from __future__ import annotations

from assay.adapters import spool
from assay.adapters.spool import OpenFile
from assay.adapters.tar_index import TarIndex
from assay.errors import InputError
from assay.formats import compression


def index(file: OpenFile) -> TarIndex:
    """The members of the tar; raises `InputError` for what is none, or one that is cut off before its index."""
    if compression.kind(file.read(0, 8)):
        stream = compression.open_stream(file.stream())
        file = spool.spooled(spool.pieces(stream), file.name)
    found = TarIndex(file)
    if not found.places:
        raise InputError(f"{file.name} is no image archive: {found.truncated or 'it is empty'}", "copy it again")
    return found
