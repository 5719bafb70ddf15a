"""Tables out of an SQLite file (https://www.sqlite.org/fileformat.html), without SQLite: rows in key order.

::

    file:   16 page size (2; 1 means 65536), 20 bytes reserved on each page
    page:   type (1: 5 interior, 13 leaf) .. 3 cells (2) .. 8 rightmost child (4, interior), offsets of cells (2 each)
    leaf cell:      payload size (varint), row id (varint), payload, first overflow page (4) where it does not fit
    payload:        header size (varint), serial types (varint each), values

Only what nix needs: tables with row ids; integers and text. All sizes are checked, each page is read once.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

Value = int | str | None
_MAGIC = b"SQLite format 3\0"
_LEAF, _INTERIOR = 13, 5
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MAX_PAYLOAD = 16 << 20


class Database:
    """An SQLite file; raises `Malformed` where it breaks the format."""

    def __init__(self, content: Content) -> None:
        if content[:16] != _MAGIC or len(content) < 512:
            raise Malformed("not an SQLite database")
        size = int.from_bytes(content[16:18], "big")
        self._size = 65536 if size == 1 else size
        self._usable = self._size - content[20]
        if self._size < 512 or self._size & (self._size - 1) or self._usable < 480:
            raise Malformed(f"an SQLite database with pages of {self._size} bytes")
        self._content = content
        self._left = len(content)
        roots = (row for _, row in self._rows(1) if len(row) > 3 and row[0] == "table")
        self._roots = {row[1]: row[3] for row in roots}

    def rows(self, table: str) -> Iterator[tuple[int, list[Value]]]:
        """Row id and values of each row."""
        root = self._roots.get(table)
        if not isinstance(root, int):
            raise Malformed(f"an SQLite database without a table {table}")
        self._left = len(self._content)
        yield from self._rows(root)

    def _page(self, number: int) -> bytes:
        """A page; `_left` bounds what one walk may read, so that loops end."""
        start = (number - 1) * self._size
        if number < 1 or start + self._size > len(self._content):
            raise Malformed("an SQLite database that points outside of itself")
        self._left -= self._size
        if self._left < 0:
            raise LimitExceeded("an SQLite database whose pages refer to each other in circles")
        return self._content[start : start + self._size]

    def _rows(self, root: int) -> Iterator[tuple[int, list[Value]]]:
        todo = [root]
        while todo:
            number = todo.pop()
            page = self._page(number)
            base = 100 if number == 1 else 0
            kind, cells = page[base], int.from_bytes(page[base + 3 : base + 5], "big")
            first = base + (12 if kind == _INTERIOR else 8)
            if kind not in (_LEAF, _INTERIOR) or first + 2 * cells > self._usable:
                raise Malformed("an SQLite database with a damaged page")
            offsets = [int.from_bytes(page[at : at + 2], "big") for at in range(first, first + 2 * cells, 2)]
            if kind == _INTERIOR:
                children = [int.from_bytes(page[at : at + 4], "big") for at in offsets]
                todo.append(int.from_bytes(page[base + 8 : base + 12], "big"))
                todo.extend(reversed(children))
                continue
            for offset in offsets:
                size, at = varint(page, offset)
                key, at = varint(page, at)
                yield key, record(self._payload(page, at, size))

    def _payload(self, page: bytes, at: int, size: int) -> bytes:
        """The payload of a cell, gathered from overflow pages where it is large ("Cell Payload Overflow Pages")."""
        if size > _MAX_PAYLOAD:
            raise LimitExceeded(f"an SQLite row of {size} bytes")
        if size <= self._usable - 35:
            return page[at : at + size]
        least = (self._usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self._usable - 4)
        local = local if local <= self._usable - 35 else least
        parts, left = [page[at : at + local]], size - local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        while left > 0 and following:
            overflow = self._page(following)
            parts.append(overflow[4 : min(self._usable, 4 + left)])
            left -= self._usable - 4
            following = int.from_bytes(overflow[:4], "big")
        return b"".join(parts)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer of one to nine bytes, and where it ends."""
    value = 0
    for index in range(at, at + 8):
        if index >= len(data):
            raise Malformed("an SQLite database with a damaged cell")
        value = value << 7 | data[index] & 0x7F
        if data[index] < 0x80:
            return value, index + 1
    return value << 8 | data[at + 8] if at + 8 < len(data) else value, at + 9


def record(payload: bytes) -> list[Value]:
    """The values of a row; real numbers and blobs become None, they do not matter here."""
    end, at = varint(payload, 0)
    body, values = end, []
    while at < end:
        serial, at = varint(payload, at)
        length = _INTEGERS.get(serial, 8 if serial == 7 else max(serial - 12, 0) // 2)
        field = payload[body : body + length]
        if len(field) < length:
            raise Malformed("an SQLite row that is cut off")
        values.append(_value(serial, field))
        body += length
    return values


def _value(serial: int, field: bytes) -> Value:
    if serial in _INTEGERS:
        return int.from_bytes(field, "big", signed=True)
    if serial in (8, 9):
        return serial - 8
    return field.decode("utf-8", "replace") if serial > 12 and serial % 2 else None
