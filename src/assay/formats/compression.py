"""Compressed streams told by their first bytes: gzip (RFC 1952, several members), zstd (RFC 8878), xz, bzip2.

Decompression is bounded by what it produces: a stream may grow to `FREE` bytes without question and to `RATIO` times
its compressed size beyond that.
"""

from __future__ import annotations

import io
import mmap
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, runtime_checkable

from assay.errors import LimitExceeded, Malformed

FREE = 8 << 30
RATIO = 200
READ_SIZE = 256 << 10
_CAREFUL = 64
"""Bytes fed at once where corrupt input must not take what precedes it along."""

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
XZ = b"\xfd7zXZ\x00"
BZIP2 = b"BZh"


class Inflater(Protocol):
    """What `zlib.decompressobj` gives."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was seen."""
        ...

    @property
    def unconsumed_tail(self) -> bytes:
        """What was not read for want of room."""
        ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """The next bytes, at most `max_length` of them."""
        ...


class ByteStream(Protocol):
    """Something to read from."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer` and say how much; 0 at the end."""
        ...


@runtime_checkable
class Resident(ByteStream, Protocol):
    """A stream whose bytes may all lie in memory already."""

    def whole(self) -> memoryview | None:
        """All of them, from the first one on; None where they do not lie there."""
        ...

    def reach(self, position: int, /) -> None:
        """To be told before bytes up to `position` of `whole` are touched; raises where they cannot be.

        A reckoned `position` may lie beyond the end, and what comes after it may still be touched before the next.
        """
        ...


def inflater() -> Inflater:
    """For a stream of zlib's form (RFC 1950) that is whole in memory; by isal where that is loaded: it is faster."""
    found: Inflater = sys.modules.get("isal.isal_zlib", zlib).decompressobj()
    return found


def kind(head: bytes) -> str:
    """``gzip``, ``zstd``, ``xz``, ``bzip2``, or an empty string for what is not compressed."""
    if head[:2] == GZIP:
        return "gzip"
    if head[:4] == ZSTD or (len(head) >= 4 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50):
        return "zstd"
    if head[:6] == XZ:
        return "xz"
    return "bzip2" if head[:3] == BZIP2 else ""


def open_stream(raw: ByteStream, *, careful: bool = False) -> ByteStream:
    """`raw` decompressed, or as it is; reading raises `Malformed` where it is corrupt or cut off.

    The fast way may lose up to one read before the fault; `careful` gives every byte that comes before it.
    """
    peeked = _Peeked(raw)
    compression = kind(peeked.head)
    if not compression:
        return peeked
    return _Decompressed(peeked, compression, _Zlib if careful and compression == "gzip" else _OPENERS[compression])


def unpacked(data: bytes | mmap.mmap, limit: int, noun: str) -> bytes:
    """All of a small stream that is in memory; raises `LimitExceeded` where `noun` has more than `limit` bytes."""
    stream, buffer, out = open_stream(io.BytesIO(data)), memoryview(bytearray(READ_SIZE)), bytearray()
    while count := stream.readinto(buffer):
        out += buffer[:count]
        if len(out) > limit:
            raise LimitExceeded(f"{noun} of more than {limit} bytes")
    return bytes(out)


class _Peeked:
    """A stream whose first bytes were looked at; counts what passes."""

    def __init__(self, raw: ByteStream) -> None:
        self._raw = raw
        buffer = bytearray(8)
        size = 0
        while size < len(buffer) and (count := raw.readinto(memoryview(buffer)[size:])):
            size += count
        self.head = self._pending = bytes(buffer[:size])
        self.total = 0

    def whole(self) -> memoryview | None:
        """All bytes in memory, if they lie there; they count as passed then."""
        found = self._raw.whole() if isinstance(self._raw, Resident) else None
        if found is not None:
            self.total = len(found)
        return found

    def reach(self, position: int) -> None:
        assert isinstance(self._raw, Resident)
        self._raw.reach(position)

    def readinto(self, buffer: memoryview, /) -> int:
        if self._pending:
            count = min(len(buffer), len(self._pending))
            buffer[:count] = self._pending[:count]
            self._pending = self._pending[count:]
        else:
            count = self._raw.readinto(buffer)
        self.total += count
        return count

    def read(self, size: int = READ_SIZE) -> bytes:
        buffer = bytearray(size if size >= 0 else READ_SIZE)
        return bytes(buffer[: self.readinto(memoryview(buffer))])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


class _Decompressed:
    """The decompressed side of a stream; foreign exceptions become `Malformed`."""

    def __init__(self, raw: _Peeked, compression: str, opener: Callable[[_Peeked], ByteStream]) -> None:
        self._raw = raw
        self._compression = compression
        self._stream = opener(raw)
        self._total = 0

    def readinto(self, buffer: memoryview, /) -> int:
        try:
            count = self._stream.readinto(buffer)
        except EOFError:
            raise Malformed(f"the {self._compression} stream is cut off") from None
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            if type(error).__module__.startswith("assay."):
                raise
            raise Malformed(f"the {self._compression} stream is corrupt: {error}") from error
        self._total += count
        if self._total > FREE and self._total > RATIO * self._raw.total:
            raise LimitExceeded(f"{self._compression} grew to over {RATIO} times its size (a decompression bomb?)")
        return count


def _gzip(raw: _Peeked) -> ByteStream:
    try:
        from isal import isal_zlib
    except ImportError:
        return _Zlib(raw)
    whole = raw.whole()
    if whole is not None:
        reader: Any = isal_zlib._GzipReader  # which takes bytes, too
        return _Followed(reader(whole), raw, whole)
    stream: ByteStream = isal_zlib._GzipReader(_readable(raw), READ_SIZE)
    return stream


class _Followed:
    """What is inflated straight out of memory, where nothing tells how far the library has come: that is reckoned by
    the size that the end of the stream promises (RFC 1952, ISIZE). Where that is only the size of the last member, as
    in layers of eStargz, it runs ahead, and on beyond the end.
    """

    _AHEAD = 1 << 20

    def __init__(self, stream: ByteStream, raw: _Peeked, whole: memoryview) -> None:
        self._stream = stream
        self._raw = raw
        self._rate = min(len(whole) / max(int.from_bytes(whole[-4:], "little"), 1), 1.0)
        self._total = 0

    def readinto(self, buffer: memoryview, /) -> int:
        position = int((self._total + len(buffer)) * self._rate) + self._AHEAD
        self._raw.reach(position)
        count = self._stream.readinto(buffer)
        self._total += count
        return count


def _zstd(raw: _Peeked) -> ByteStream:
    return _Zstd(raw)


def _xz(raw: _Peeked) -> ByteStream:
    import lzma

    return _Chunked(raw, lambda: lzma.LZMADecompressor(memlimit=256 << 20))


def _bzip2(raw: _Peeked) -> ByteStream:
    import bz2

    return _Chunked(raw, lambda: bz2.BZ2Decompressor())


def _readable(raw: _Peeked) -> BinaryIO:
    return raw  # type: ignore[return-value]  # the libraries only call read() or readinto()


_OPENERS = {"gzip": _gzip, "zstd": _zstd, "xz": _xz, "bzip2": _bzip2}


class _BlockDecompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Chunked:
    """xz and bzip2: one or more streams, one after the other, padded with zeros at most."""

    def __init__(self, raw: _Peeked, opener: Callable[[], _BlockDecompressor]) -> None:
        self._raw = raw
        self._opener = opener
        self._decompressor = opener()
        self._input = b""

    def readinto(self, buffer: memoryview, /) -> int:
        while True:
            if self._decompressor.eof:
                rest = (self._decompressor.unused_data or self._raw.read()).lstrip(b"\0")
                if not rest:
                    return 0
                self._decompressor, self._input = self._opener(), rest
            elif self._decompressor.needs_input and not self._input:
                self._input = self._raw.read()
                if not self._input:
                    raise EOFError
            data, self._input = self._input, b""
            output = self._decompressor.decompress(data, len(buffer))
            if output:
                buffer[: len(output)] = output
                return len(output)


class _Zlib:
    """gzip with the standard library, for where isal is not installed."""

    def __init__(self, raw: _Peeked) -> None:
        self._raw = raw
        self._decompressor = zlib.decompressobj(31)
        self._input = b""

    def readinto(self, buffer: memoryview, /) -> int:
        while True:
            if self._decompressor.eof:
                rest = self._decompressor.unused_data or self._raw.read()
                if not rest.lstrip(b"\0"):
                    return 0
                self._decompressor, self._input = zlib.decompressobj(31), rest
            data = self._decompressor.unconsumed_tail or self._input or self._raw.read(_CAREFUL)
            self._input = b""
            if not data:
                raise EOFError
            output = self._decompressor.decompress(data, len(buffer))
            if output:
                buffer[: len(output)] = output
                return len(output)


class _Zstd:
    """zstd; the library takes a stream that is cut off for a whole one, so the frames are followed as they pass."""

    def __init__(self, raw: _Peeked) -> None:
        import zstandard

        decompressor = zstandard.ZstdDecompressor(max_window_size=128 << 20)
        self._frames = _ZstdFrames(raw)
        source: BinaryIO = self._frames  # type: ignore[assignment]  # the library only calls read()
        self._stream = decompressor.stream_reader(source, read_size=READ_SIZE, read_across_frames=True)

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._stream.readinto(buffer)
        if not count and len(buffer) and not self._frames.complete:
            raise EOFError
        return count


class _ZstdFrames:
    """Steps from header to header (RFC 8878, section 3.1) through what is read."""

    _DICTIONARY_ID = (0, 1, 2, 4)
    _CONTENT_SIZE = (0, 2, 4, 8)

    def __init__(self, raw: _Peeked) -> None:
        self._raw = raw
        self._skip = 0
        self._header = b""
        self._needed = 4
        self._next: Callable[[bytes], None] = self._magic
        self._checksum = 0

    @property
    def complete(self) -> bool:
        """Whether the last frame has ended, and no other begun."""
        return self._next == self._magic and not self._skip and not self._header

    def read(self, size: int = READ_SIZE) -> bytes:
        data = self._raw.read(size)
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            part = data[at : at + self._needed - len(self._header)]
            self._header += part
            at += len(part)
            if len(self._header) == self._needed:
                header, self._header = self._header, b""
                self._next(header)
        return data

    def _expect(self, needed: int, reader: Callable[[bytes], None]) -> None:
        self._needed, self._next = needed, reader

    def _magic(self, header: bytes) -> None:
        if header == ZSTD:
            self._expect(1, self._descriptor)
        else:
            self._expect(4, self._skippable)

    def _skippable(self, header: bytes) -> None:
        self._skip = int.from_bytes(header, "little")
        self._expect(4, self._magic)

    def _descriptor(self, header: bytes) -> None:
        flags = header[0]
        single = flags >> 5 & 1
        self._checksum = 4 if flags & 4 else 0
        content_size = self._CONTENT_SIZE[flags >> 6] or single
        self._skip = (1 - single) + self._DICTIONARY_ID[flags & 3] + content_size
        self._expect(3, self._block)

    def _block(self, header: bytes) -> None:
        value = int.from_bytes(header, "little")
        self._skip = 1 if value >> 1 & 3 == 1 else value >> 3
        if value & 1:
            self._skip += self._checksum
            self._expect(4, self._magic)
