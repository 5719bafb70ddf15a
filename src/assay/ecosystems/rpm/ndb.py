"""``Packages.db`` (rpm's own "ndb"; rpm, lib/backend/ndb/rpmpkg.c), all integers little-endian.

::

    0: "RpmP", version (0), generation, number of slot pages (of 4096 bytes), next package number ...
    slots of 16 bytes from 32 on: "Slot", package number, first block, number of blocks (of 16 bytes)
    block: "BlbS", package number, generation, length, the header, padding, checksum, length, "BlbE"
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

MAGIC = b"RpmP"
_FILE = struct.Struct("<4sIII")
_SLOT = struct.Struct("<4sIII")
_BLOB = struct.Struct("<4sIII")
_PAGE = 4096
_BLOCK = 16
_FIRST_SLOT = 32


def headers(content: Content) -> Iterator[bytes]:
    """The headers by package number."""
    if len(content) < _PAGE or content[:4] != MAGIC:
        raise Malformed("not an ndb database")
    _, version, _, pages = _FILE.unpack_from(content)
    if version != 0 or not 0 < pages * _PAGE <= len(content):
        raise Malformed("an ndb database of an unknown version, or one that is cut off")
    left = len(content)
    for number, offset in sorted(_slots(content, pages)):
        blob = _blob(content, number, offset)
        left -= len(blob)
        if left < 0:
            raise LimitExceeded("an ndb database whose packages overlap")
        yield blob


def _slots(content: Content, pages: int) -> Iterator[tuple[int, int]]:
    """Number and offset of each package."""
    table = content[_FIRST_SLOT : pages * _PAGE]
    for mark, number, block, _ in _SLOT.iter_unpack(table):
        if mark != b"Slot":
            raise Malformed("an ndb database with a damaged slot")
        if number and block:
            yield number, block * _BLOCK


def _blob(content: Content, number: int, offset: int) -> bytes:
    if offset + _BLOB.size > len(content):
        raise Malformed("an ndb database that ends before a package")
    mark, owner, _, length = _BLOB.unpack_from(content, offset)
    end = offset + _BLOB.size + length
    if mark != b"BlbS" or owner != number or end > len(content):
        raise Malformed(f"an ndb database in which package {number} is damaged")
    return content[offset + _BLOB.size : end]
