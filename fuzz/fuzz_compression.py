"""gzip, zstd, xz and bzip2 streams, the fast and the careful way; the first byte picks which."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma

import zstandard

from assay.errors import Malformed
from assay.formats import compression

_TEXT = b"some text, " * 20
SEEDS: list[bytes] = [
    bytes((number,)) + compress(_TEXT) + compress(b"")
    for number in (0, 1)
    for compress in (
        gzip.compress,
        zstandard.compress,
        zstandard.ZstdCompressor(write_checksum=True).compress,
        lzma.compress,
        bz2.compress,
    )
]


class _Stream:
    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def readinto(self, buffer: memoryview, /) -> int:
        return self._stream.readinto(buffer[:100])


def run(data: bytes) -> None:
    stream, total = compression.open_stream(_Stream(data[1:]), careful=bool(data[:1] and data[0] & 1)), 0
    buffer = memoryview(bytearray(1 << 16))
    with contextlib.suppress(Malformed):
        while (count := stream.readinto(buffer)) and total < 64 << 20:
            total += count
