"""``.apk`` archives of Alpine, version 3 (apk-v3(5); apk-tools, src/adb.h and src/apk_adb.h): a tree of values.

::

    ADB. SCHEMA             not compressed: ``pckg`` a package, ``indx`` an index, then blocks
    ADBd                    the same as a raw deflate stream (RFC 1951)
    ADBc ALGORITHM LEVEL    the same, compressed: 0 not at all, 1 deflate, 2 zstd

    block:   type (2 bits) and size of header and payload (30 bits); payload, padded to 8 bytes
             type 3: the type, 4 bytes reserved, the size in 8 bytes
    payload of the first block, type 0:  version it needs (0), version, 2 bytes, the root value; what values point to
    value:   type (4 bits) and a number or an offset within the payload (28 bits)
             0 null, 1 number; at the offset 2, 3 numbers of 4 and 8 bytes; 8, 9, a strings after their length in
             1, 2, 4 bytes; d, e arrays and objects: the number of slots, itself among them, and the slots

All numbers are little-endian. Signatures and the contents of files are in blocks behind the first, which is all that
is read. What the slots of an object are says the schema: of a package, slot 1 is its ``pkginfo``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from assay.errors import LimitExceeded, Malformed
from assay.formats import compression
from assay.model.ecosystem import Content

MAGIC = b"ADB"
_PACKAGE = b"pckg"
_TEXTS = {
    0x01: "pkgname",
    0x02: "pkgver",
    0x04: "pkgdesc",
    0x05: "arch",
    0x06: "license",
    0x07: "origin",
    0x08: "maintainer",
    0x09: "url",
}
_HEXES = {0x03: "unique_id", 0x0A: "commit"}
_NUMBERS = {0x0B: "builddate"}
_DEPENDENCIES = {0x0F: "depend", 0x10: "provides", 0x12: "install_if"}
_EQUAL, _CONFLICT = 1, 16
_RELATIONS = {1: "=", 2: "<", 3: "<=", 4: ">", 5: ">=", 6: "><", 8: "~", 9: "~", 11: "<~", 13: ">~"}
"""How relations are written (apk-tools, src/version.c, `apk_version_op_string`)."""
_HEAD = 24
"""Bytes up to the end of the longest header of the first block."""
_MAX_BLOCK = 64 << 20
_MAX_READ = 4 << 20
"""Bytes of values that a package is made of; as much as a .PKGINFO may have."""
_CHUNK = 64 << 10


def pkginfo(content: Content) -> dict[str, str]:
    """The fields by their names in ``.PKGINFO``; those that are lists are joined by blanks.

    Raises `Malformed` for what breaks the format or is no package.
    """
    head = _unpacked(content, _HEAD)
    if head[:4] != b"ADB." or head[4:8] != _PACKAGE:
        raise Malformed(f"not an Alpine package (schema {head[4:8].decode('latin-1')!r})")
    word = int.from_bytes(head[8:12], "little")
    kind, start, size = word >> 30, 12, word & 0x3FFFFFFF
    if kind == 3:
        kind, start, size = size, _HEAD, int.from_bytes(head[16:24], "little")
    length = size - (start - 8)
    if kind != 0 or length < 8:
        raise Malformed("not an Alpine package (no ADB block at its beginning)")
    if length > _MAX_BLOCK:
        raise LimitExceeded(f"an ADB block of {length} bytes")
    block = _unpacked(content, start + length)[start:]
    if len(block) < length:
        raise Malformed("an ADB block that is cut off")
    return _fields(Values(block))


def _fields(values: Values) -> dict[str, str]:
    package = values.slots(values.root)
    slots = values.slots(package[0] if package else 0)
    found = {name: _text(values.blob(slot)) for slot, name in _named(slots, _TEXTS)}
    found |= {name: values.blob(slot).hex() for slot, name in _named(slots, _HEXES)}
    found |= {name: str(values.number(slot) or "") for slot, name in _named(slots, _NUMBERS)}
    for slot, name in _named(slots, _DEPENDENCIES):
        found[name] = " ".join(_dependency(values, item) for item in values.slots(slot) if item)
    return {name: value for name, value in found.items() if value}


def _named(slots: tuple[int, ...], names: dict[int, str]) -> Iterable[tuple[int, str]]:
    """The values of some slots (from 1) with the names of their fields; there are no more slots than were written."""
    return ((slots[index - 1], name) for index, name in names.items() if index <= len(slots))


def _dependency(values: Values, value: int) -> str:
    """A dependency as it is written: ``!busybox<1.36``; without a relation of its own a version is meant exactly."""
    slots = (*values.slots(value), 0, 0, 0)
    name, version = (_text(values.blob(slot)) for slot in slots[:2])
    relation = values.number(slots[2]) or _EQUAL
    mark, sign = "!" * bool(relation & _CONFLICT), _RELATIONS.get(relation & ~_CONFLICT, "")
    return f"{mark}{name}{sign}{version}" if version and sign else f"{mark}{name}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()


class Values:
    """The values of an ADB block; `root` is the outermost. Each method raises `Malformed` for a value of another type.

    What one block may say is bounded, however often its values point to the same.
    """

    def __init__(self, block: bytes) -> None:
        if block[0]:
            raise Malformed(f"an ADB block that needs a reader of version {block[0]}")
        self._block = block
        self._left = _MAX_READ
        self.root = int.from_bytes(block[4:8], "little")

    def number(self, value: int) -> int:
        """A number; null is 0."""
        kind, at = value >> 28, value & 0x0FFFFFFF
        if kind == 1:
            return at
        if kind in (2, 3):
            return int.from_bytes(self._take(at, 4 * (kind - 1)), "little")
        _expect_null(value)
        return 0

    def blob(self, value: int) -> bytes:
        """A string; null is the empty one."""
        kind, at = value >> 28, value & 0x0FFFFFFF
        if kind not in (8, 9, 10):
            _expect_null(value)
            return b""
        width = 1 << (kind - 8)
        return self._take(at + width, int.from_bytes(self._take(at, width), "little"))

    def slots(self, value: int) -> tuple[int, ...]:
        """The values in an array or object, the one in slot 1 first; null has none."""
        kind, at = value >> 28, value & 0x0FFFFFFF
        if kind not in (13, 14):
            _expect_null(value)
            return ()
        count = max(int.from_bytes(self._take(at, 4), "little") - 1, 0)
        data = memoryview(self._take(at + 4, 4 * count))
        return tuple(int.from_bytes(data[index : index + 4], "little") for index in range(0, 4 * count, 4))

    def _take(self, at: int, size: int) -> bytes:
        if at + size > len(self._block):
            raise Malformed("an ADB value outside of its block")
        self._left -= size
        if self._left < 0:
            raise LimitExceeded(f"a package that says more than {_MAX_READ} bytes of itself")
        return self._block[at : at + size]


def _expect_null(value: int) -> None:
    if value:
        raise Malformed(f"an ADB value of the type {value >> 28:x} in place of another")


def _unpacked(content: Content, size: int) -> bytes:
    """The first `size` bytes of what may be compressed; fewer where it ends before."""
    kind, algorithm, start = content[3:4], content[4:5], 6
    if kind == b".":
        return content[:size]
    if kind == b"d":
        algorithm, start = b"\1", 4
    elif kind != b"c":
        raise Malformed(f"an ADB file compressed in the unknown way {kind!r}")
    if algorithm == b"\0":
        return content[start : start + size]
    if algorithm == b"\1":
        return _inflated(content, start, size)
    if algorithm == b"\2":
        return _zstd(content, start, size)
    raise Malformed(f"an ADB file compressed by the unknown algorithm {algorithm.hex()}")


def _inflated(content: Content, at: int, size: int) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    rest = b""
    while size and not unpacker.eof:
        data = rest or content[at : at + _CHUNK]
        if not data:
            break
        at += 0 if rest else len(data)
        try:
            part = unpacker.decompress(data, size)
        except zlib.error as error:
            raise Malformed(f"the deflate stream is corrupt: {error}") from error
        rest = unpacker.unconsumed_tail
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _zstd(content: Content, at: int, size: int) -> bytes:
    if compression.kind(content[at : at + 4]) != "zstd":
        raise Malformed("no zstd stream where one was said to be")
    stream = compression.open_stream(_Rest(content, at))
    buffer, filled = memoryview(bytearray(size)), 0
    while filled < size and (count := stream.readinto(buffer[filled:])):
        filled += count
    return bytes(buffer[:filled])


class _Rest:
    """Content from an offset on, as a stream."""

    def __init__(self, content: Content, at: int) -> None:
        self._content = content
        self._at = at

    def readinto(self, buffer: memoryview, /) -> int:
        part = self._content[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
