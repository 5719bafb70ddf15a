"""Tiles of logs: their paths, bundles of entries, and hashes."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats import tlog_tile

SEEDS = [
    b"\x01tile/0/x001/234.p/7",
    b"\x02tile/entries/000",
    b"\x03" + tlog_tile.bundle([b"one", b"two", b""]),
    b"\x02" + bytes(64),
]


def run(data: bytes) -> None:
    if not data:
        return
    count, rest = data[0] + 1, data[1:]
    for read in (lambda: _path(rest), lambda: _bundle(rest, count), lambda: tlog_tile.hashes(rest, count)):
        try:
            read()
        except AssayError:
            continue


def _path(rest: bytes) -> None:
    text = rest.decode("latin-1")
    found = tlog_tile.parse(text)
    assert tlog_tile.path(found.level, found.number, found.width) == text


def _bundle(rest: bytes, count: int) -> None:
    found = tlog_tile.entries(rest, count)
    assert rest.startswith(tlog_tile.bundle(found))
