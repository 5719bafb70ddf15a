"""SBOMs as the subcommands take them: a document of any format, or anything that `assay sbom` can look at."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.errors import InputError, LimitExceeded, Malformed

if TYPE_CHECKING:
    from assay.model.sbom import Sbom

MAX_DOCUMENT = 1 << 30
_HEAD = 64 << 10


def document(text: str) -> bytes:
    """The bytes of a document, unpacked where it is compressed; ``-`` is standard input."""
    if text == "-":
        data = sys.stdin.buffer.read(MAX_DOCUMENT + 1)
    else:
        path = Path(text)
        if path.is_dir():
            raise InputError(f"{text} is a folder, not a document", "name the file")
        try:
            with path.open("rb") as file:
                data = file.read(MAX_DOCUMENT + 1)
        except OSError as error:
            raise InputError(f"{text} cannot be read: {error.strerror}", "check the path") from error
    if len(data) > MAX_DOCUMENT:
        raise LimitExceeded(f"{text} is larger than {MAX_DOCUMENT} bytes")
    return _unpacked(data, text)


def _unpacked(data: bytes, name: str) -> bytes:
    from assay.formats import compression

    if not compression.kind(data[:8]):
        return data
    from assay.adapters import spool

    return bytes(spool.spooled(spool.pieces(compression.open_stream(BytesIO(data))), name, MAX_DOCUMENT).content())


def read(text: str) -> Sbom:
    """The SBOM that a document holds; a fault names the document, for several may be given."""
    from assay.formats import sbom_document

    try:
        return sbom_document.read(document(text))
    except Malformed as error:
        error.what = f"{text}: {error.what}"
        error.remedy = error.remedy or sbom_document.REMEDY
        raise


def sbom(text: str, context: Context) -> Sbom:
    """The SBOM that a document holds, or that is made of a source."""
    path = Path(text)
    if text == "-" or path.is_fifo() or (path.is_file() and _is_document(path)):  # a shell's <(...) is a pipe
        return read(text)
    from assay import app
    from assay.adapters import sources

    settings = context.settings(source=sources.local_path(text))
    with context.progress("reading") as bar:
        request = app.SbomRequest(
            source=text,
            exclude=settings.list("sbom.exclude"),
            ecosystems=settings.list("sbom.ecosystem"),
            offline=settings.switch("offline"),
            plain_http=settings.list("registry.plain-http"),
            cache_dir=context.cache_dir(settings),
            progress=bar,
            note=context.note,
        )
        found = app.sbom(request)
    for item in found.skipped:
        context.warn(f"{text}: skipped {item.path}: {item.reason}")
    return found


def _is_document(path: Path) -> bool:
    from assay.formats.detect import detect

    with path.open("rb") as file:
        return detect(file.read(_HEAD)) is not None
