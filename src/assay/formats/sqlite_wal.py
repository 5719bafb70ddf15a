"""Write-ahead logs beside SQLite databases (SQLite, "WAL-mode File Format"): changes that are not in the database yet.

A header of 32 bytes, then frames, each with a header of 24 bytes and a page, all numbers big-endian::

    377f0682 | version | page size | number | salt | salt | checksums of the header so far
    page number | pages of the database after a commit, else 0 | salt | salt | checksums of all so far | page

Frames with other salts or checksums are left over from before, and those after the last commit never happened. A
program that closes its database leaves no log. The last bit of the magic says in which order the words are summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, iter_unpack

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

_HEADER = Struct(">8I")
_FRAME = Struct(">6I")
_LITTLE, _BIG = 0x377F0682, 0x377F0683
_VERSION = 3_007_000
_DATABASE_MAGIC = b"SQLite format 3\0"
_MAX_UNWRITTEN = 64 << 20
"""Bytes of pages that a database may grow by although neither it nor the log holds them."""


def committed(log: Content) -> int:
    """How many pages the log changes, up to its last commit; checksums are left to `checkpoint`."""
    if len(log) < _HEADER.size:
        return 0
    magic, _, page_size, _, *salts = _HEADER.unpack(log[: _HEADER.size])[:6]
    if magic not in (_LITTLE, _BIG) or not _is_page_size(page_size):
        return 0
    pages, settled = set[int](), 0
    for at in range(_HEADER.size, len(log) - _FRAME.size - page_size + 1, _FRAME.size + page_size):
        number, size, *mine = _FRAME.unpack(log[at : at + _FRAME.size])[:4]
        if mine != salts:
            break
        pages.add(number)
        settled = len(pages) if size else settled
    return settled


def checkpoint(database: Content, log: Content) -> Content:
    """The database as it is once the log went into it.

    Raises `Malformed` where the two do not belong together, `LimitExceeded` for a database that grows too large.
    """
    page_size, frames, pages = _last_commit(log)
    if not pages:
        return database
    if database[:16] != _DATABASE_MAGIC or _page_size(database) != page_size:
        raise Malformed("the log is not one of this database")
    if pages * page_size > len(database) + len(log) + _MAX_UNWRITTEN:
        raise LimitExceeded(f"a database that would grow to {pages * page_size} bytes")
    result = bytearray(database[: pages * page_size])
    result.extend(bytes(pages * page_size - len(result)))
    for number, at in frames.items():
        if 0 < number <= pages:
            result[(number - 1) * page_size : number * page_size] = log[at : at + page_size]
    return bytes(result)


def _last_commit(log: Content) -> tuple[int, dict[int, int], int]:
    """Page size, where the newest content of each page lies, and how many pages the database has after it."""
    if len(log) < _HEADER.size:
        raise Malformed("a log that is cut off")
    magic, version, page_size, _, first, second, *sums = _HEADER.unpack(log[: _HEADER.size])
    if magic not in (_LITTLE, _BIG) or version != _VERSION or not _is_page_size(page_size):
        raise Malformed("no log of SQLite")
    order = ">" if magic == _BIG else "<"
    if _sum(log[: _HEADER.size - 8], (0, 0), order) != tuple(sums):
        raise Malformed("a log whose header is damaged")
    settled: dict[int, int] = {}
    pending: dict[int, int] = {}
    pages = 0
    for number, size, at in _frames(log, page_size, (first, second), (sums[0], sums[1]), order):
        pending[number] = at
        if size:
            settled.update(pending)
            pending.clear()
            pages = size
    return page_size, settled, pages


def _frames(
    log: Content, page_size: int, salts: tuple[int, int], sums: tuple[int, int], order: str
) -> Iterator[tuple[int, int, int]]:
    """Page number, size after a commit, and offset of the page of each frame, up to the first that does not count."""
    for start in range(_HEADER.size, len(log) - _FRAME.size - page_size + 1, _FRAME.size + page_size):
        at = start + _FRAME.size
        number, size, *rest = _FRAME.unpack(log[start:at])
        if tuple(rest[:2]) != salts or not number:
            return
        sums = _sum(log[start : start + 8], sums, order)
        sums = _sum(log[at : at + page_size], sums, order)
        if tuple(rest[2:]) != sums:
            return
        yield number, size, at


def _sum(data: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    """The running checksums ("Checksum Algorithm") after 8n bytes more."""
    one, two = start
    for first, second in iter_unpack(f"{order}II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _page_size(database: Content) -> int:
    size = int.from_bytes(database[16:18], "big")
    return 65_536 if size == 1 else size


def _is_page_size(size: int) -> bool:
    return 512 <= size <= 65_536 and not size & (size - 1)
