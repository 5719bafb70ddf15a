"""Open files that are read in place, and streams kept in unlinked temporary files until they are no longer used."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable

from assay.adapters import content, leased_map
from assay.adapters.leased_map import LeasedMap
from assay.errors import InputError, LimitExceeded
from assay.formats.compression import ByteStream
from assay.model.digest import Algorithm, Digest
from assay.model.ecosystem import Content

MAX_SPOOLED = 64 << 30
"""Bytes of a stream that are kept on disk at most."""
PIECE = 1 << 20


class OpenFile:
    """A regular file, open for as long as somebody holds this; `name` is what a user would call it.

    `private` says that nobody else can write to it.
    """

    def __init__(self, descriptor: int, name: str, *, private: bool = False) -> None:
        self.descriptor = descriptor
        self.name = name
        self.private = private
        self.size = os.fstat(descriptor).st_size

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        close(self.descriptor)

    def stream(self, offset: int = 0, size: int = -1) -> Slice:
        """A part of the file, from its first byte."""
        return Slice(self, offset, self.size - offset if size < 0 else size)

    def read(self, offset: int, size: int) -> bytes:
        """A part of the file, fewer bytes where it ends before."""
        stream, parts = self.stream(offset, size), []
        while part := stream.read(min(size, PIECE)):
            parts.append(part)
        return b"".join(parts)

    def content(self) -> Content:
        """All of it."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return content.load(self.descriptor, self.size)

    def digest(self) -> Digest:
        """SHA-256 of all of it."""
        running, stream, buffer = hashlib.sha256(), self.stream(), memoryview(bytearray(PIECE))
        while count := stream.readinto(buffer):
            running.update(buffer[:count])
        return Digest(Algorithm.SHA256, running.hexdigest())


class Slice:
    """A part of an open file as a stream of its own."""

    def __init__(self, file: OpenFile, offset: int, size: int) -> None:
        self._file = file
        self._start = self._at = offset
        self._left = size
        self._map: LeasedMap | None = None

    def whole(self) -> memoryview | None:
        """All of it in memory, without a copy; None where it is small or cannot be had so (`leased_map`)."""
        file = self._file
        self._map = leased_map.find(
            file.descriptor, self._start, self._at - self._start + self._left, file.name, private=file.private
        )
        return self._map.view if self._map is not None else None

    def reach(self, position: int) -> None:
        """Say that bytes of `whole` before `position` are touched next; raises `InputError` where they cannot be."""
        if self._map is not None:
            self._map.reach(position)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        try:
            count = os.preadv(self._file.descriptor, [buffer[: self._left]], self._at) if self._left > 0 else 0
        except OSError as error:
            raise InputError(f"{self._file.name} cannot be read: {error.strerror}", "check the disk") from error
        self._at += count
        self._left -= count
        return count

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(memoryview(buffer))])


def open_file(path: str) -> OpenFile:
    """A regular file; raises `InputError` for anything else: a device or a FIFO is never waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path} cannot be read: {reason}", "check the path") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is no regular file", "name a file; a stream is read from standard input with `-`")
    return OpenFile(descriptor, path)


def spooled(pieces: Iterable[bytes | memoryview], name: str, limit: int = MAX_SPOOLED) -> OpenFile:
    """A stream kept in a temporary file without a name; raises `LimitExceeded` beyond `limit` bytes."""
    total = 0
    import tempfile

    with tempfile.TemporaryFile(prefix="assay-", buffering=0) as file:
        for piece in pieces:
            total += len(piece)
            if total > limit:
                raise LimitExceeded(f"{name} has more than {limit} bytes")
            _write(file.fileno(), piece, name)
        return OpenFile(os.dup(file.fileno()), name, private=True)


def _write(descriptor: int, piece: bytes | memoryview, name: str) -> None:
    view = memoryview(piece)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        remedy = "make room, or name another place with TMPDIR"
        raise InputError(f"{name} cannot be kept in a temporary file: {error.strerror}", remedy) from error


def pieces(stream: ByteStream) -> Iterable[memoryview]:
    """A stream in pieces, each valid until the next."""
    buffer = memoryview(bytearray(PIECE))
    while count := stream.readinto(buffer):
        yield buffer[:count]
