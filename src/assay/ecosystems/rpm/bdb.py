"""``Packages`` as a Berkeley DB hash (Berkeley DB, dbinc/db_page.h); integers in the byte order of its writer.

::

    page 0: 12 magic 0x061561, 20 page size, 25 type 8 (hash), 32 last page
    page:   8 number, 12 previous, 16 next, 20 entries (2), 22 free offset (2), 25 type (2 or 13 hash, 7 overflow)
            from 26 on the offsets of the entries (2 each): keys and values by turns
    entry:  1 then the bytes; or 3, three unused, first overflow page (4), length (4)

Values are headers; they nearly always lie on chains of overflow pages. The key 0 holds the last package number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

MAGIC = 0x061561
_HASH_META, _HASH_UNSORTED, _HASH, _OVERFLOW = 8, 2, 13, 7
_INLINE, _OFF_PAGE = 1, 3
_PAGE_HEADER = 26
_SMALLEST = 24
"""Bytes of the shortest header that could mean something: one index entry."""


def headers(content: Content) -> Iterator[bytes]:
    """The headers in the order of the pages."""
    if len(content) < 512:
        raise Malformed("not a Berkeley DB")
    yield from _Hash(content).values()


class _Hash:
    def __init__(self, content: Content) -> None:
        order = next((mark for mark in "<>" if struct.unpack_from(mark + "I", content, 12)[0] == MAGIC), "")
        if not order or content[25] != _HASH_META:
            raise Malformed("not a Berkeley DB hash")
        if content[24]:
            raise Malformed("an encrypted Berkeley DB")
        self._content = content
        self._size: int = struct.unpack_from(order + "I", content, 20)[0]
        if self._size < 512 or self._size > 64 << 10 or self._size & (self._size - 1):
            raise Malformed(f"a Berkeley DB with pages of {self._size} bytes")
        self._page = struct.Struct(order + "8xIIIHHBB")
        self._pointer = struct.Struct(order + "4xII")
        self._order = order
        self._left = len(content)

    def values(self) -> Iterator[bytes]:
        for start in range(self._size, len(self._content) - self._size + 1, self._size):
            _, _, _, entries, _, _, kind = self._page.unpack_from(self._content, start)
            if kind in (_HASH, _HASH_UNSORTED):
                page = self._content[start : start + self._size]
                for offset, end in self._offsets(page, entries):
                    value = self._value(page, offset, end)
                    if len(value) >= _SMALLEST:
                        yield value

    def _offsets(self, page: bytes, entries: int) -> Iterator[tuple[int, int]]:
        """Where the values begin and end: entries lie from the end of the page downward."""
        if _PAGE_HEADER + 2 * entries > self._size:
            raise Malformed("a Berkeley DB page with too many entries")
        offsets = struct.unpack_from(f"{self._order}{entries}H", page, _PAGE_HEADER)
        for index in range(1, entries, 2):
            end = offsets[index - 1]
            if not _PAGE_HEADER <= offsets[index] < end <= self._size:
                raise Malformed("a Berkeley DB page with a damaged entry")
            yield offsets[index], end

    def _value(self, page: bytes, offset: int, end: int) -> bytes:
        kind = page[offset]
        if kind == _INLINE:
            return page[offset + 1 : end]
        if kind != _OFF_PAGE or offset + 12 > self._size:
            return b""
        number, length = self._pointer.unpack_from(page, offset)
        return self._chain(number, length)

    def _chain(self, number: int, length: int) -> bytes:
        """The bytes of a chain of overflow pages; `_left` bounds what all chains together may read."""
        parts: list[bytes] = []
        have = 0
        while number and have < length:
            start = number * self._size
            if start + self._size > len(self._content):
                raise Malformed("a Berkeley DB whose chain of pages leaves the file")
            self._left -= self._size
            if self._left < 0:
                raise LimitExceeded("a Berkeley DB whose chains of pages overlap")
            _, _, number, _, used, _, kind = self._page.unpack_from(self._content, start)
            if kind != _OVERFLOW or not 0 < used <= self._size - _PAGE_HEADER:
                raise Malformed("a Berkeley DB with a damaged overflow page")
            parts.append(self._content[start + _PAGE_HEADER : start + _PAGE_HEADER + used])
            have += used
        if have < length:
            raise Malformed("a Berkeley DB whose chain of pages ends too early")
        return b"".join(parts)[:length]
