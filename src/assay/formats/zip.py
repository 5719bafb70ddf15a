"""Zip archives (PKWARE APPNOTE 6.3): the central directory alone, and the few members that somebody wants.

At the end lies ``PK\\5\\6`` with the size and the offset of the central directory (``PK\\6\\6`` for zip64), whose
entries ``PK\\1\\2`` hold method, sizes, the offset of the member and its name. Bytes may precede the archive (in
self-extracting ones), so offsets are counted from where the directory really begins.
"""

from __future__ import annotations

import mmap
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct

from assay.errors import LimitExceeded, Malformed

_END = Struct("<4xHHHHIIH")
_END64 = Struct("<4xQHHIIQQQQ")
_ENTRY = Struct("<8xHH8xIIHHH8xI")
_LENGTHS = Struct("<HHH")
_LOCAL = Struct("<4xHHHHHIIIHH")
_STORED, _DEFLATED = 0, 8
_HEADER = 46  # bytes of an entry of the directory before the name
_MAX_STEPS = 20_000
_PIECE = 1 << 20
_MAX_ENTRIES = 2_000_000
_MAX_DIRECTORY = 512 << 20
_MAX_RATIO = 1100  # deflate cannot pack better than 1032 to one
_FULL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive; `size` is what its header claims."""

    name: str
    method: int
    packed: int
    size: int
    offset: int
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip archive; `directory` is the central directory, `shift` the bytes before the archive."""

    content: bytes | mmap.mmap
    directory: bytes
    shift: int

    def members(self, wanted: Callable[[bytes], object]) -> Iterator[Member]:
        """The members whose raw name `wanted` accepts; raises `Malformed` for a broken directory."""
        directory, at, count = self.directory, 0, 0
        lengths, last = _LENGTHS.unpack_from, len(self.directory) - 46
        while at <= last and directory[at : at + 4] == b"PK\1\2":
            name_size, extra_size, comment_size = lengths(directory, at + 28)
            name = directory[at + 46 : at + 46 + name_size]
            if wanted(name):
                yield self._member(at)
            at += 46 + name_size + extra_size + comment_size
            count += 1
            if count > _MAX_ENTRIES:
                raise LimitExceeded(f"zip with more than {_MAX_ENTRIES} entries")

    def find(self, pattern: re.Pattern[bytes]) -> Iterator[Member]:
        """As `members`, fast: those whose raw name begins with what `pattern` matches (best a literal and more)."""
        directory = self.directory
        for match in pattern.finditer(directory):
            at = match.start() - _HEADER
            if at >= 0 and directory[at : at + 4] == b"PK\1\2":
                yield self._member(at)

    def holds(self, start: bytes) -> bool:
        """Whether the raw name of a member begins with `start`."""
        at = self.directory.find(start, _HEADER)
        while at >= 0:
            if self.directory[at - _HEADER : at - _HEADER + 4] == b"PK\1\2":
                return True
            at = self.directory.find(start, at + 1)
        return False

    def may_end(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether the raw name of a member may end in what `pattern` matches; where it says no, none does."""
        directory, left = self.directory, _MAX_STEPS
        for match in pattern.finditer(directory):
            end = match.end()
            low, before = max(0, end - _HEADER - 0xFFFF), max(0, end - _HEADER + 4)
            while (at := directory.rfind(b"PK\1\2", low, before)) >= 0:
                name_end = at + _HEADER + int.from_bytes(directory[at + 28 : at + 30], "little")
                if left < 0 or min(name_end, len(directory)) == end:  # the last name may be cut short
                    return True
                left, before = left - 1, at + 3
            left -= 1
        return False

    def _member(self, at: int) -> Member:
        flags, method, packed, size, name_size, extra_size, _, offset = _ENTRY.unpack_from(self.directory, at)
        start = at + 46
        name = self.directory[start : start + name_size]
        if _FULL in (packed, size, offset):
            extra = self.directory[start + name_size : start + name_size + extra_size]
            size, packed, offset = _zip64(extra, size, packed, offset)
        text = name.decode("utf-8", "replace")
        return Member(text, method, packed, size, offset + self.shift, bool(flags & 1))

    def read(self, member: Member, limit: int) -> bytes:
        """The content of a member; raises `LimitExceeded` beyond `limit`, `Malformed` for what cannot be unpacked."""
        start = self._start(member, limit)
        data = self.content[start : start + member.packed]
        if len(data) < member.packed:
            raise Malformed(f"{member.name[:200]} is cut short")
        return _inflate(member, data)

    def pieces(self, member: Member, limit: int) -> Iterator[memoryview]:
        """As `read`, of a large member: what is in memory at once is bounded; raises on the way."""
        at = self._start(member, limit)
        _check(member, member.packed)
        end, total = at + member.packed, 0
        engine = None if member.method == _STORED else zlib.decompressobj(-15)
        while at < end and not (engine and engine.eof):
            packed = self.content[at : min(at + _PIECE, end)]
            if not packed:
                raise Malformed(f"{member.name[:200]} is cut short")
            at += len(packed)
            for part in _unpacked(member, engine, packed):
                total += len(part)
                if total > member.size:
                    break
                yield memoryview(part)
        if total != member.size:
            raise Malformed(f"{member.name[:200]} has not the size that the zip directory says")

    def _start(self, member: Member, limit: int) -> int:
        """Where the content of a member begins."""
        if member.size > limit or member.packed > limit:
            raise LimitExceeded(f"{member.name[:200]} of {max(member.size, member.packed)} bytes (at most {limit})")
        if member.encrypted:
            raise Malformed(f"{member.name[:200]} is encrypted")
        head = self.content[member.offset : member.offset + 30]
        if len(head) < 30 or head[:4] != b"PK\3\4":
            raise Malformed(f"{member.name[:200]} is not where the zip directory says")
        *_, name_size, extra_size = _LOCAL.unpack(head)
        start: int = member.offset + 30 + name_size + extra_size
        return start


def _check(member: Member, packed: int) -> None:
    if member.method not in (_STORED, _DEFLATED):
        raise Malformed(f"{member.name[:200]} is packed with the unknown method {member.method}")
    if member.method == _DEFLATED and member.size > max(packed, 64) * _MAX_RATIO:
        raise Malformed(f"{member.name[:200]} lies about its size")


def _unpacked(member: Member, engine: zlib._Decompress | None, packed: bytes) -> Iterator[bytes]:
    """A piece of a member, unpacked in pieces."""
    if engine is None:
        yield packed
        return
    full = True
    while (packed or full) and not engine.eof:  # a full piece may have left something in the engine
        try:
            part = engine.decompress(packed, _PIECE)
        except zlib.error as error:
            raise Malformed(f"{member.name[:200]} cannot be unpacked: {error}") from error
        yield part
        packed, full = engine.unconsumed_tail, len(part) == _PIECE


def _inflate(member: Member, data: bytes) -> bytes:
    _check(member, len(data))
    if member.method == _STORED:
        return data
    try:
        result = _raw(data, member.size + 1)
    except zlib.error as error:
        raise Malformed(f"{member.name[:200]} cannot be unpacked: {error}") from error
    if len(result) != member.size:
        raise Malformed(f"{member.name[:200]} has not the size that the zip directory says")
    return result


def _raw(data: bytes, limit: int) -> bytes:
    """A deflated member unpacked; raises `zlib.error`, whose words do not depend on whether isal is installed."""
    if len(data) >= (_FAST_FROM if "isal" not in sys.modules else _FAST_WHEN_LOADED):
        with suppress(Exception):  # not installed, or corrupt: the standard library judges
            from isal import isal_zlib

            return isal_zlib.decompressobj(-15).decompress(data, limit)
    return zlib.decompressobj(-15).decompress(data, limit)


_FAST_FROM = 32 << 10
"""Bytes; below, the library is not worth its import."""
_FAST_WHEN_LOADED = 1 << 10
"""Bytes; below, it takes longer to begin than it gains."""


def _zip64(extra: bytes, *values: int) -> tuple[int, int, int]:
    """The values that did not fit, out of extra field 1 (APPNOTE 4.5.3), in the order size, packed size, offset."""
    at, found = 0, b""
    while at + 4 <= len(extra):
        kind, size = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == 1:
            found = extra[at + 4 : at + 4 + size]
        at += 4 + size
    result = []
    for value in values:
        if value == _FULL and len(found) >= 8:
            value, found = int.from_bytes(found[:8], "little"), found[8:]
        result.append(value)
    return result[0], result[1], result[2]


def open_archive(content: bytes | mmap.mmap) -> Archive:
    """The archive; raises `Malformed` for what has no central directory where its end says."""
    length = len(content)
    tail_at = max(length - 65_557, 0)
    tail = content[max(length - 22, 0) :]
    at = length - 22 if tail[:4] == b"PK\5\6" else content[tail_at:].rfind(b"PK\5\6") + tail_at
    if at < tail_at or content[at : at + 4] != b"PK\5\6" or at + 22 > length:
        raise Malformed("not a zip archive, or its end is cut off")
    *_, size, offset, _ = _END.unpack_from(content, at)
    if at >= 20 and content[at - 20 : at - 16] == b"PK\6\7":
        size, offset, at = _large(content, at)
    start = at - size
    if size > _MAX_DIRECTORY:
        raise LimitExceeded(f"zip directory of {size} bytes (at most {_MAX_DIRECTORY})")
    if start < 0 or (size and content[start : start + 4] != b"PK\1\2"):
        raise Malformed("the zip directory is not where its end says")
    return Archive(content, content[start:at], start - offset)


def open_damaged(content: bytes | mmap.mmap) -> tuple[Archive, str]:
    """The archive; where its end is cut off or broken, what the members before it say, and what is wrong.

    Raises `Malformed` for what does not even begin with a member.
    """
    try:
        return open_archive(content), ""
    except LimitExceeded:
        raise
    except Malformed as error:
        directory = _salvaged(content)
        if not directory:
            raise
        return Archive(content, directory, 0), f"{error.what}; the members that are whole were read"


def _salvaged(content: bytes | mmap.mmap) -> bytes:
    """A directory made of the headers before the members, as far as they follow each other without a gap."""
    entries, at, length, left = bytearray(), 0, min(len(content), _FULL), _MAX_MEASURED
    for _ in range(_MAX_ENTRIES):
        if at + _LOCAL.size > length or content[at : at + 4] != b"PK\3\4":
            break
        version, flags, method, _, _, _, packed, size, name_size, extra_size = _LOCAL.unpack_from(content, at)
        start = at + _LOCAL.size + name_size + extra_size
        name = content[at + _LOCAL.size : at + _LOCAL.size + name_size]
        after = start + packed
        if flags & _SIZES_BEHIND and not packed:
            packed, size, after = _measured(content, start, method, left)
            left -= size
        if packed < 0 or start + packed > length:
            break
        entries += b"PK\1\2" + _HEAD.pack(version, version, flags, method, packed, size, name_size, at) + name
        at = after
    return bytes(entries)


_SIZES_BEHIND = 8
"""The flag of members whose sizes only follow them (`APPNOTE` 4.3.9)."""
_HEAD = Struct("<HHHH8xIIH12xI")


def _measured(content: bytes | mmap.mmap, start: int, method: int, most: int) -> tuple[int, int, int]:
    """Sizes of a deflated member, packed and not, and where the next one begins; packed is -1 where it is not whole.

    So it is where it holds more than `most` bytes.
    """
    if method != _DEFLATED:
        return -1, 0, 0
    inflater, at, size = zlib.decompressobj(-15), start, 0
    try:
        while not inflater.eof and at < len(content) and size <= most:
            piece = content[at : at + _PIECE]
            at += len(piece)
            size += len(inflater.decompress(piece))
    except zlib.error:
        return -1, 0, 0
    if not inflater.eof or size > most:
        return -1, 0, 0
    end = at - len(inflater.unused_data)
    return end - start, size, end + (16 if content[end : end + 4] == b"PK\x07\x08" else 12)


_PIECE = 16 << 10
_MAX_MEASURED = 512 << 20
"""Bytes of an archive that are unpacked to learn how long its members are."""


def _large(content: bytes | mmap.mmap, at: int) -> tuple[int, int, int]:
    """Size and offset of the directory of a zip64 archive, and where its own end lies (before the locator)."""
    end = content.rfind(b"PK\6\6", max(at - 20 - 65_536, 0), at - 20)
    if end < 0 or end + _END64.size > len(content):
        raise Malformed("the zip64 end record is missing")
    *_, size, offset = _END64.unpack_from(content, end)
    return size, offset, end
