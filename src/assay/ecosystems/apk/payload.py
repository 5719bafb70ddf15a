"""The files in an ``.apk`` archive of version 3, as a tar stream (apk-v3(5); apk-tools, src/apk_adb.h, extract_v3.c).

::

    block of the type 2     number of the folder (4), number of the file in it (4), both from 1; the content
    slot 2 of a package     folders: name, rights, files; a file: name, rights, size, time, hashes, target
    target                  kind in 2 bytes (a000 a symbolic link, 8000 a hard one), where it leads

What is not a regular file with content has no block of its own. The first block is read by `adb`.
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from assay.ecosystems.apk import adb
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression
from assay.formats.as_tar import AsTar, tar_header
from assay.formats.compression import ByteStream

_HEAD = 16
_DATA, _EXTENDED = 2, 3
_MAX_BLOCK = 64 << 20
_CHUNK = 64 << 10
_MAX_PATHS = 64 << 20
"""Bytes of all paths: a folder is named once, and its files are many."""


class _File(NamedTuple):
    """A file in the list of a package."""

    path: bytes
    mode: int
    size: int
    target: bytes = b""


class Payload(AsTar):
    """The files as a stream of tar."""

    what = "package of apk"

    def __init__(self, raw: ByteStream) -> None:
        super().__init__(_plain(raw))
        self._files: dict[tuple[int, int], _File] = {}
        self._started = False
        self._lead = 0

    def _next(self) -> bytes:
        if not self._started:
            self._started = True
            self._files = dict(_listed(self._values()))
            self._follow(_header(item) for item in self._files.values() if _first(item))
            return b""
        kind, size = self._block()
        if kind < 0:
            return self._end(_header(item) for item in self._files.values() if item.target and not _first(item))
        if kind != _DATA or size < 8:
            self._skip(size + -(self._lead + size) % 8)
            return b""
        head = self._exactly(8)
        item = self._files.get((int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")))
        if item is None or item.size != size - 8:
            raise Malformed("a package of apk with content that is none of its files'")
        return self._begin(item.path, item.mode, item.size, -(self._lead + size) % 8)

    def _block(self) -> tuple[int, int]:
        """Type and size of the next block, without what comes before the content; type -1 at the end."""
        head = self._upto(4)
        if not head:
            return -1, 0
        word = int.from_bytes(head, "little")
        kind, size = word >> 30, (word & 0x3FFFFFFF) - 4
        if kind == _EXTENDED:
            rest = self._exactly(12)
            kind, size = word & 0x3FFFFFFF, int.from_bytes(rest[4:], "little") - _HEAD
            self._lead = _HEAD
        else:
            self._lead = 4
        if len(head) < 4 or size < 0:
            raise Malformed("a damaged block in a package of apk")
        return kind, size

    def _values(self) -> adb.Values:
        head = self._exactly(8)
        if head != b"ADB.pckg":
            raise Malformed("not a package of apk")
        kind, size = self._block()
        if kind != 0 or not 8 <= size <= _MAX_BLOCK:
            raise Malformed("not a package of apk (no ADB block at its beginning)")
        block = self._exactly(size)
        self._skip(-(self._lead + size) % 8)
        return adb.Values(block)


def _listed(values: adb.Values) -> Iterator[tuple[tuple[int, int], _File]]:
    """The files by the numbers of their folder and of themselves."""
    package, left = values.slots(values.root), _MAX_PATHS
    for number, folder in enumerate(values.slots(package[1]) if len(package) > 1 else (), 1):
        name, _, files = (*values.slots(folder), 0, 0, 0)[:3]
        prefix = values.blob(name)
        for place, value in enumerate(values.slots(files), 1):
            own, rights, size, _, _, target = (*values.slots(value), 0, 0, 0, 0, 0, 0)[:6]
            mode = values.number((*values.slots(rights), 0)[0])
            left -= len(prefix) + 1
            if left < 0:
                raise LimitExceeded(f"a package of apk whose paths have more than {_MAX_PATHS} bytes")
            path = prefix + b"/" + values.blob(own) if prefix else values.blob(own)
            yield (number, place), _File(path, mode, values.number(size), values.blob(target))


def _first(item: _File) -> bool:
    """Whether a file has its header before all content: what has none, but for hard links, which come last."""
    return stat.S_ISLNK(_kind(item)) if item.target else not item.size


def _kind(item: _File) -> int:
    return int.from_bytes(item.target[:2], "little")


def _header(item: _File) -> bytes:
    if not item.target:
        return tar_header(item.path, b"0", item.mode, 0)
    if stat.S_ISLNK(_kind(item)):
        return tar_header(item.path, b"2", item.mode, 0, item.target[2:])
    return tar_header(item.path, b"1", item.mode, 0, item.target[2:]) if stat.S_ISREG(_kind(item)) else b""


def _plain(raw: ByteStream) -> ByteStream:
    """The stream without its compression."""
    lead = bytearray(4)
    _fill(raw, lead)
    if lead == b"ADB.":
        return _Joined(b"ADB.", raw)
    algorithm = bytearray(b"\1\0")
    if lead == b"ADBc":
        _fill(raw, algorithm)
    elif lead != b"ADBd":
        raise Malformed("not a package of apk")
    if algorithm[0] == 0:
        return raw
    if algorithm[0] == 1:
        return _Inflated(raw)
    if algorithm[0] == 2:
        return compression.open_stream(raw)
    raise Malformed(f"a package of apk compressed by the unknown algorithm {algorithm[0]:02x}")


def _fill(raw: ByteStream, target: bytearray) -> None:
    view = memoryview(target)
    while view:
        count = raw.readinto(view)
        if not count:
            raise Malformed("a package of apk that is cut off")
        view = view[count:]


class _Joined:
    """Some bytes, then a stream."""

    def __init__(self, first: bytes, rest: ByteStream) -> None:
        self._first = first
        self._rest = rest

    def readinto(self, buffer: memoryview, /) -> int:
        if not self._first:
            return self._rest.readinto(buffer)
        count = min(len(buffer), len(self._first))
        buffer[:count] = self._first[:count]
        self._first = self._first[count:]
        return count


class _Inflated:
    """A raw deflate stream (RFC 1951), bounded as all others are."""

    def __init__(self, raw: ByteStream) -> None:
        self._raw = raw
        self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._buffer = memoryview(bytearray(_CHUNK))
        self._taken = self._given = 0
        self._full = False

    def readinto(self, buffer: memoryview, /) -> int:
        while not self._engine.eof:
            data = self._engine.unconsumed_tail
            if not data and not self._full:  # what filled the buffer may have left something in the engine
                data = self._more()
            try:
                part = self._engine.decompress(data, len(buffer))
            except zlib.error as error:
                raise Malformed(f"the deflate stream is corrupt: {error}") from error
            self._full = len(part) == len(buffer)
            self._given += len(part)
            if self._given > max(compression.FREE, compression.RATIO * self._taken):
                raise LimitExceeded("a package of apk that unpacks to more than assay is willing to follow (a bomb?)")
            if part:
                buffer[: len(part)] = part
                return len(part)
        return 0

    def _more(self) -> bytes:
        count = self._raw.readinto(self._buffer)
        if not count:
            raise Malformed("a package of apk that is cut off")
        self._taken += count
        return bytes(self._buffer[:count])
