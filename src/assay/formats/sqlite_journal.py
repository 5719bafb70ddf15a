"""Rollback journals beside SQLite databases (SQLite, "Database File Format", 3): what a broken-off change overwrote.

Segments, each at a multiple of the sector size that the first header tells, all numbers big-endian::

    d9d505f920a163d7 | pages in this segment | nonce | pages of the database before | sector size | page size | 0 ...
    page number | page as it was | nonce and every 200th byte of the page, summed

The pages were written here before they were changed in the database. A program that is ended in between leaves the
journal, which is then hot: whoever opens the database next writes the pages back, and what was changed never happened.
A journal that did its work is deleted, empty, or begins with zeros. A program that does not wait for the disk writes
``ffffffff`` for the number of pages, which are then all that the file holds.

A change to several databases ends with the name of a file that is there until all of them are changed; whether it was
completed cannot be known from the database alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

MAGIC = bytes.fromhex("d9d505f920a163d7")
_HEADER = Struct(">8s5I")
_NUMBER = Struct(">I")
_SUPER = Struct(">2I8s")
_LOCK_BYTE = 1 << 30
"""Where the page lies that is never used, and whose number stands before the name of a file."""
_LEAST = 512
"""Bytes without which SQLite sees no header."""
_MAX_NAME = 4096
_MAX_UNWRITTEN = 64 << 20
"""Bytes of pages that a database may grow by although neither it nor the journal holds them."""


class Header(NamedTuple):
    """The first header; `page_size` is 0 in journals of old, which leave it to the database."""

    records: int
    nonce: int
    pages: int
    sector: int
    page_size: int


def header(journal: Content) -> Header | None:
    """The first header of a hot journal; None for all others."""
    if len(journal) < _LEAST:
        return None
    magic, *numbers = _HEADER.unpack(journal[: _HEADER.size])
    found = Header(*numbers)
    fits = _power(found.sector, 32) and (not found.page_size or _power(found.page_size, 512))
    return found if magic == MAGIC and fits else None


def rolled_back(database: Content, journal: Content) -> Content:
    """The database as it was before the change that was broken off.

    Raises `Malformed` where that cannot be known, `LimitExceeded` for a database that grows too large.
    """
    first = header(journal)
    if first is None or not len(database):
        return database
    page_size = first.page_size or _page_size(database)
    if not _power(page_size, 512):
        raise Malformed("the journal is not one of this database")
    if _names_another(journal):
        raise Malformed("the journal is part of a change to several databases, which may have been completed")
    size = first.pages * page_size
    if size > len(database) + len(journal) + _MAX_UNWRITTEN:
        raise LimitExceeded(f"a database that would grow to {size} bytes")
    result = bytearray(database[:size])
    result.extend(bytes(size - len(result)))
    for number, at in _pages(journal, first, page_size):
        if number <= first.pages:
            result[(number - 1) * page_size : number * page_size] = journal[at : at + page_size]
    return bytes(result)


def _pages(journal: Content, first: Header, page_size: int) -> Iterator[tuple[int, int]]:
    """Number and offset of each page, up to the first that was not written whole.

    Those that the database did not have before are given without a look at their checksum, as SQLite reads them.
    """
    at, record = 0, page_size + 2 * _NUMBER.size
    while (segment := _segment(journal, at, first.sector)) is not None:
        count, nonce = segment
        at += first.sector
        for _ in range(count):
            if at + record > len(journal):
                return
            (number,) = _NUMBER.unpack(journal[at : at + 4])
            page = at + 4
            if number in (0, _LOCK_BYTE // page_size + 1):
                return
            (checksum,) = _NUMBER.unpack(journal[page + page_size : at + record])
            if number <= first.pages and checksum != _sum(journal[page : page + page_size], nonce):
                return
            yield number, page
            at += record
        at += -at % first.sector


def _segment(journal: Content, at: int, sector: int) -> tuple[int, int] | None:
    """How many pages the segment at an offset has, and its nonce."""
    if at + sector > len(journal) or journal[at : at + 8] != MAGIC:
        return None
    _, count, nonce, *_ = _HEADER.unpack(journal[at : at + _HEADER.size])
    return count, nonce


def _sum(page: bytes, nonce: int) -> int:
    size = len(page)
    return (nonce + sum(page[size % 200 or 200 : size - 199 : 200])) & 0xFFFFFFFF


def _names_another(journal: Content) -> bool:
    """Whether the journal ends with the name of a file that all databases of the change have in common."""
    size = len(journal) - _SUPER.size
    if size < 0:
        return False
    length, checksum, magic = _SUPER.unpack(journal[size:])
    if magic != MAGIC or not 0 < length <= min(size, _MAX_NAME):
        return False
    return bool(checksum == sum(journal[size - length : size]) & 0xFFFFFFFF)


def _page_size(database: Content) -> int:
    size = int.from_bytes(database[16:18], "big")
    return 65_536 if size == 1 else size


def _power(size: int, least: int) -> bool:
    return least <= size <= 65_536 and size.bit_count() == 1
