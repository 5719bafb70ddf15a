"""``sbom:PATH``: an existing SBOM, of any format that assay reads; compressed ones too. ``-`` is standard input."""

from __future__ import annotations

from assay.adapters import spool
from assay.adapters.sources import Request
from assay.adapters.spool import OpenFile
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, sbom_document
from assay.model.sbom import Sbom

MAX_DOCUMENT = 1 << 30


def open_source(reference: str, request: Request) -> Sbom:
    """The SBOM; raises `assay.errors.Malformed` for what is none."""
    if reference == "-":
        from assay.adapters.sources.file import standard_input

        return of_file(standard_input())
    return of_file(spool.open_file(reference))


def of_file(file: OpenFile) -> Sbom:
    """The SBOM that an open file holds."""
    parts, total = [], 0
    for piece in spool.pieces(compression.open_stream(file.stream())):
        total += len(piece)
        if total > MAX_DOCUMENT:
            raise LimitExceeded(f"{file.name} has more than {MAX_DOCUMENT} bytes, too many for an SBOM")
        parts.append(bytes(piece))
    try:
        return sbom_document.read(b"".join(parts))
    except Malformed as error:
        error.what = f"{file.name}: {error.what}"
        error.remedy = error.remedy or sbom_document.REMEDY
        raise
