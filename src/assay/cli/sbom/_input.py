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
_SHOWN = 20
_TELLING = ("cyclonedx-", "spdx-")
"""What others could not read is told in documents of these formats; of the rest, only this reading skips something."""


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


def read(text: str, context: Context) -> Sbom:
    """The SBOM that a document holds; a fault names the document, for several may be given."""
    from assay.formats import sbom_document

    try:
        found = sbom_document.read(document(text))
    except Malformed as error:
        raise named(error, text) from None
    if not found.source_format.startswith(_TELLING):
        for item in found.skipped[:_SHOWN]:
            context.warn(f"{text}: skipped {item.path}: {item.reason}")
        if len(found.skipped) > _SHOWN:
            context.warn(f"{text}: skipped {len(found.skipped) - _SHOWN} more")
    return found


def named(error: InputError, name: str) -> InputError:
    """The error with the document that it is about, and the formats that are read as the remedy where it has none."""
    from assay.formats import sbom_document

    error.what = f"{name}: {error.what}"
    error.remedy = error.remedy or sbom_document.REMEDY
    return error


def sbom(text: str, context: Context) -> Sbom:
    """The SBOM that a document holds, or that is made of a source."""
    path = Path(text)
    if text == "-" or path.is_fifo() or (path.is_file() and _is_document(path)):  # a shell's <(...) is a pipe
        return read(text, context)
    _refuse_pictures(path)
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
            maven_repository=settings.text("sbom.maven-repository"),
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


def _refuse_pictures(path: Path) -> None:
    """A page or a table for people is no source with nothing in it, nor is a CSV that says so by its name."""
    from assay.formats import unreadable

    if path.is_file():
        with path.open("rb") as file:
            head = file.read(_HEAD)
        look = unreadable.refusal if path.suffix.lower() in (".csv", ".tsv") else unreadable.picture
        refusal = look(head)
        if refusal is not None:
            raise named(refusal, str(path))
