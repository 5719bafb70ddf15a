"""Writes evidence to a folder, a tar file or JSON lines.

PATH decides: `NAME.tar` is a tar file, `NAME.jsonl` is one entry a line with its document inside, `-` is the same
on standard output, and everything else is a folder. Folder and tar hold `index.jsonl`, an entry a line, and
`documents/HEX`, the documents as they were recorded.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from assay.adapters.evidence import EvidenceStore
from assay.adapters.output import writing
from assay.cli import Context
from assay.cli.evidence import _query
from assay.errors import ExitCode
from assay.model.evidence import Evidence


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", metavar="PATH", help="where to: a folder, NAME.tar, NAME.jsonl, or - ")
    _query.add_filters(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the entries and their documents."""
    query = _query.query_of(arguments, datetime.now(UTC))
    with context.evidence(context.settings()) as store:
        entries = list(store.find(query))
        if arguments.path == "-":
            _write_lines(sys.stdout.buffer, store, entries)
        else:
            _write(Path(arguments.path), store, entries)
    context.note(f"{len(entries)} entries exported")
    return ExitCode.OK


def _write(path: Path, store: EvidenceStore, entries: list[Evidence]) -> None:
    if path.suffix == ".jsonl":
        with writing(path) as file:
            _write_lines(file, store, entries)
    elif path.suffix == ".tar":
        with writing(path) as file:
            _write_tar(file, store, entries)
    else:
        (path / "documents").mkdir(parents=True, exist_ok=True)
        for name, content in _files(store, entries):
            with writing(path / name) as file:
                file.write(content)


def _files(store: EvidenceStore, entries: list[Evidence]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file; the index comes last, so that it never names what is not there."""
    for digest in sorted({one.digest for one in entries}):
        yield f"documents/{digest.value}", store.document(digest)
    yield "index.jsonl", b"".join(map(_line, map(_query.entry, entries)))


def _line(fields: dict[str, str | int]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _write_lines(file: BinaryIO, store: EvidenceStore, entries: Iterable[Evidence]) -> None:
    for one in entries:
        file.write(_line({**_query.entry(one), **_inline(store.document(one.digest))}))


def _inline(document: bytes) -> dict[str, str | int]:
    try:
        return {"document": document.decode("utf-8")}
    except UnicodeDecodeError:
        import base64

        return {"documentBase64": base64.b64encode(document).decode("ascii")}


def _write_tar(file: BinaryIO, store: EvidenceStore, entries: list[Evidence]) -> None:
    """The same entries give the same bytes: no times, no owners."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in _files(store, entries):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
