"""Writes files of apk version 3 as apk-tools does (src/adb.c), for forms that it does not make, broken ones too.

What a value points to is written once, before what points to it, aligned to its own size; slots that are null at the
end of an object are left out, and the root comes last.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

import zstandard

Value = str | bytes | int | Sequence["Value"] | Mapping[int, "Value"] | None
"""Text, bytes and numbers; sequences are arrays, mappings are objects by the number of their slots."""

PACKAGE, INDEX = b"pckg", b"indx"
ADB, SIG, DATA = 0, 1, 2


class Writer:
    """The payload of an ADB block."""

    def __init__(self) -> None:
        self._data = bytearray(8)
        self._known: dict[bytes, int] = {}

    def block(self, root: Value) -> bytes:
        """The whole payload: header and values."""
        self._data[4:8] = struct.pack("<I", self._value(root))
        return bytes(self._data)

    def _value(self, value: Value) -> int:
        match value:
            case None:
                return 0
            case int():
                return self._number(value)
            case str():
                return self._blob(value.encode())
            case bytes():
                return self._blob(value)
            case Mapping():
                last = max((slot for slot, item in value.items() if item is not None), default=0)
                return self._slots(0xE, [self._value(value.get(slot)) for slot in range(1, last + 1)])
            case _:
                return self._slots(0xD, [self._value(item) for item in value])

    def _number(self, value: int) -> int:
        if value < 1 << 28:
            return 0x1 << 28 | value
        if value < 1 << 32:
            return 0x2 << 28 | self._put(struct.pack("<I", value), 4)
        return 0x3 << 28 | self._put(struct.pack("<Q", value), 8)

    def _blob(self, data: bytes) -> int:
        if not data:
            return 0
        kind = 0x8 if len(data) < 1 << 8 else 0x9 if len(data) < 1 << 16 else 0xA
        width = 1 << (kind - 8)
        return kind << 28 | self._put(len(data).to_bytes(width, "little") + data, width)

    def _slots(self, kind: int, slots: list[int]) -> int:
        if not slots:
            return 0
        return kind << 28 | self._put(struct.pack(f"<{len(slots) + 1}I", len(slots) + 1, *slots), 4)

    def _put(self, data: bytes, alignment: int) -> int:
        known = self._known.get(data)
        if known is not None and known % alignment == 0:
            return known
        self._data += bytes(-len(self._data) % alignment)
        self._known[data] = len(self._data)
        self._data += data
        return self._known[data]


def block(kind: int, payload: bytes, *, extended: bool = False) -> bytes:
    """A block with its header; `extended` is the form of those over one gigabyte."""
    if extended:
        head = struct.pack("<IIQ", 3 << 30 | kind, 0, 16 + len(payload))
    else:
        head = struct.pack("<I", kind << 30 | 4 + len(payload))
    return head + payload + bytes(-(len(head) + len(payload)) % 8)


def file(root: Value, *, schema: bytes = PACKAGE, compression: str = "deflate", extended: bool = False) -> bytes:
    """A file with a root, a signature that is none, and the content of a file; as `apk mkpkg` compresses it by itself
    (``deflate``), or by its option ``--compression`` (``none``, ``deflate:9``, ``zstd:3``).
    """
    blocks = block(ADB, Writer().block(root), extended=extended) + block(SIG, bytes(82))
    return packed(b"ADB." + schema + blocks + block(DATA, struct.pack("<II", 1, 1) + b"hello\n"), compression)


def packed(data: bytes, compression: str) -> bytes:
    """The file as it is compressed."""
    name, _, level = compression.partition(":")
    if name == "none":
        return data
    if name == "zstd":
        return b"ADBc\x02" + bytes((int(level),)) + zstandard.ZstdCompressor(int(level)).compress(data)
    deflate = zlib.compressobj(int(level or "6"), zlib.DEFLATED, -15)
    stream = deflate.compress(data) + deflate.flush()
    return b"ADBc\x01" + bytes((int(level),)) + stream if level else b"ADBd" + stream
