"""Archives of other forms turned into tar while they are read, so that everything can be walked the same way."""

from __future__ import annotations

import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain

from assay.errors import Malformed
from assay.formats.compression import ByteStream

BLOCK = 512
END = bytes(2 * BLOCK)
_OCTAL = 8 << 30
"""Bytes that the size field of a tar header cannot tell any more."""
_STEP = 1 << 20


class AsTar(ABC):
    """An archive as a stream of tar; `what` is what errors call it.

    Reading raises `Malformed` for what breaks the archive's own format, or ends before its end.
    """

    what = "archive"

    def __init__(self, raw: ByteStream) -> None:
        self._raw = raw
        self._pending = b""
        self._queue: Iterator[bytes] = iter(())
        self._left = self._size = self._padding = 0
        self._done = False

    @abstractmethod
    def _next(self) -> bytes:
        """What comes next in the tar; a file is begun with `_begin`, `_end` is what comes last, and what may be much
        is left to `_follow`.
        """

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        while not self._pending and not self._left:
            self._pending = next(self._queue, b"")
            if not self._pending:
                if self._done:
                    return 0
                self._pending = self._next()
        if self._pending:
            count = min(len(buffer), len(self._pending))
            buffer[:count] = self._pending[:count]
            self._pending = self._pending[count:]
            return count
        count = self._raw.readinto(buffer[: self._left])
        if not count:
            raise Malformed(f"a {self.what} that is cut off")
        self._left -= count
        if not self._left:
            self._skip(self._padding)
            self._pending = bytes(-self._size % BLOCK)
        return count

    def _begin(self, name: bytes, mode: int, size: int, padding: int, after: Iterable[bytes] = ()) -> bytes:
        """The header of a file whose content stands next in the archive, with `padding` bytes behind it.

        `after` follows it in the tar.
        """
        self._left = self._size = size
        self._padding = padding
        self._follow(after)
        return tar_header(name, b"0", mode, size)

    def _follow(self, headers: Iterable[bytes]) -> None:
        """Let these come next, each made when it is read: many long names need no memory at once."""
        self._queue = filter(None, headers)

    def _end(self, before: Iterable[bytes] = ()) -> bytes:
        self._follow(chain(before, (END,)))
        self._done = True
        return b""

    def _exactly(self, size: int) -> bytes:
        """The next bytes of the archive."""
        data = self._upto(size)
        if len(data) < size:
            raise Malformed(f"a {self.what} that is cut off")
        return data

    def _upto(self, size: int) -> bytes:
        """The next bytes of the archive, fewer where it ends."""
        buffer, filled = memoryview(bytearray(size)), 0
        while filled < size and (count := self._raw.readinto(buffer[filled:])):
            filled += count
        return bytes(buffer[:filled])

    def _skip(self, size: int) -> None:
        while size:
            size -= len(self._exactly(min(size, _STEP)))


def tar_header(name: bytes, kind: bytes, mode: int, size: int, target: bytes = b"") -> bytes:
    """The header of an entry (POSIX.1-2024 pax): what does not fit stands in an extended one before it."""
    name = name.removeprefix(b"./") or b"."
    records = b""
    if len(name) > 99:
        records += _record(b"path", name)
    if len(target) > 99:
        records += _record(b"linkpath", target)
    if size >= _OCTAL:
        records += _record(b"size", b"%d" % size)
    extended = b""
    if records:
        extended = _plain(b"pax", b"x", 0o644, len(records)) + records + bytes(-len(records) % BLOCK)
    return extended + _plain(name[:99], kind, mode, size if size < _OCTAL else 0, target[:99])


def _plain(name: bytes, kind: bytes, mode: int, size: int, target: bytes = b"") -> bytes:
    header = bytearray(BLOCK)
    header[: len(name)] = name
    header[100:108] = b"%07o\0" % stat.S_IMODE(mode)
    header[124:136] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[156:157] = kind
    header[157 : 157 + len(target)] = target
    header[257:265] = b"ustar\0" + b"00"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _record(key: bytes, value: bytes) -> bytes:
    """``LENGTH KEY=VALUE\\n``, where the length counts itself."""
    rest = len(key) + len(value) + 3
    size = rest + len(str(rest))
    size = rest + len(str(size))
    return b"%d %s=%s\n" % (size, key, value)
