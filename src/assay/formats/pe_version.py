"""The version resource of PE files (Microsoft, "Version Information", VS_VERSIONINFO).

The resource directory (data directory 2) is a tree of type, name and language; type 16 holds one block. Each block is
length, value length, kind (16-bit numbers), a key in UTF-16 that ends with zero, padding to four bytes, the value, and
further blocks: ``VS_VERSION_INFO > StringFileInfo > 040904b0 > ProductVersion = 13.0.3``.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from struct import Struct

from assay.formats.pe import Image

_HEAD = Struct("<HHH")
_COUNTS = Struct("<12xHH")
_ENTRY = Struct("<II")
_VERSION_TYPE = 16
_RESOURCES = 2
_MAX_ENTRIES = 4096
_MAX_BLOCK = 1 << 20
_SUBDIRECTORY = 0x80000000


def strings(content: bytes | mmap.mmap, image: Image) -> dict[str, str]:
    """The strings of the first version resource; empty where there is none or it is broken."""
    start = image.offset(image.directory(_RESOURCES)[0]) if image.directory(_RESOURCES)[1] else -1
    data = _resource(content, image, start) if start >= 0 else b""
    found: dict[str, str] = {}
    for key, value, after, end in _blocks(data, 0, len(data)):
        if key == "VS_VERSION_INFO":
            for name, _, inner, stop in _blocks(data, after + value, end):
                if name == "StringFileInfo":
                    _tables(data, inner, stop, found)
    return found


def _tables(data: bytes, start: int, end: int, found: dict[str, str]) -> None:
    for _, _, inner, stop in _blocks(data, start, end):
        for key, words, at, last in _blocks(data, inner, stop):
            size = min(words * 2, last - at) if words else 0
            text = data[at : at + size].decode("utf-16-le", "replace").partition("\0")[0].strip()
            found.setdefault(key, text)


def _blocks(data: bytes, start: int, end: int) -> Iterator[tuple[str, int, int, int]]:
    """(key, value length, offset of the value, end) of the blocks in a row."""
    at = (start + 3) // 4 * 4
    while at + _HEAD.size < end:
        length, value, _ = _HEAD.unpack_from(data, at)
        last = min(at + length, end)
        if length <= _HEAD.size:
            return
        stop = next((i for i in range(at + 6, min(last - 1, at + 518), 2) if data[i : i + 2] == b"\0\0"), last)
        key = data[at + 6 : stop].decode("utf-16-le", "replace")
        yield key, value, (stop + 2 + 3) // 4 * 4, last
        at = (at + length + 3) // 4 * 4


def _resource(content: bytes | mmap.mmap, image: Image, start: int) -> bytes:
    """The data of the first resource of the version type."""
    at = start
    for level in range(3):
        entry = _child(content, at, _VERSION_TYPE if level == 0 else None)
        if entry < 0 or bool(entry & _SUBDIRECTORY) != (level < 2):
            return b""
        at = start + (entry & ~_SUBDIRECTORY)
    raw = content[at : at + 8]
    if len(raw) < 8:
        return b""
    address, size = _ENTRY.unpack(raw)
    offset = image.offset(address)
    return content[offset : offset + min(size, _MAX_BLOCK)] if offset >= 0 else b""


def _child(content: bytes | mmap.mmap, at: int, wanted: int | None) -> int:
    head = content[at : at + 16]
    if len(head) < 16:
        return -1
    named, numbered = _COUNTS.unpack(head)
    rows = content[at + 16 : at + 16 + min(named + numbered, _MAX_ENTRIES) * 8]
    for number, target in _ENTRY.iter_unpack(rows[: len(rows) // 8 * 8]):
        if wanted is None or number == wanted:
            return int(target)
    return -1
