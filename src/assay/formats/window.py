"""A window that slides over a stream of bytes: what a walk over an archive looks through."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from assay.formats.compression import ByteStream

SIZE = 1 << 20


class Window:
    """A sliding view of a byte stream that can be peeked at, read from and skipped over."""

    __slots__ = ("_stream", "_view", "buffer", "end", "position", "total")

    def __init__(self, stream: ByteStream, size: int = SIZE) -> None:
        self.buffer = bytearray(size)
        self._view = memoryview(self.buffer)
        self._stream = stream
        self.position = 0
        self.end = 0
        self.total = 0

    def fill(self, wanted: int) -> bool:
        """Make `wanted` bytes (at most the window's size) available from `position`; False at the end."""
        if self.end - self.position >= wanted:
            return True
        left = self.end - self.position
        if left:
            self._view[:left] = self._view[self.position : self.end]
        self.position, self.end = 0, left
        while self.end < wanted:
            count = self._stream.readinto(self._view[self.end :])
            if not count:
                return False
            self.end += count
            self.total += count
        return True

    def skip(self, size: int) -> bool:
        """Step over `size` bytes; False where the stream ends before."""
        while size > self.end - self.position:
            size -= self.end - self.position
            self.position = self.end
            if not self.fill(1):
                return False
        self.position += size
        return True

    def chunks(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes in pieces, each valid until the next; shorter where the stream ends before."""
        while size and self.fill(1):
            count = min(size, self.end - self.position)
            start, self.position = self.position, self.position + count
            size -= count
            yield self._view[start : start + count]

    def view(self, size: int) -> memoryview:
        """The next `size` bytes (at most the window's), valid until the window moves; fewer where the stream ends."""
        self.fill(size)
        start = self.position
        self.position = min(start + size, self.end)
        return self._view[start : self.position]

    def copy(self, target: memoryview) -> int:
        """Put the next bytes into `target`, those beyond the window without a way round; says how many there are."""
        size = len(target)
        filled = min(size, self.end - self.position)
        target[:filled] = self._view[self.position : self.position + filled]
        self.position += filled
        while filled < size and (count := self._stream.readinto(target[filled:])):
            filled += count
            self.total += count
        return filled

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer where the stream ends before."""
        if size <= self.end - self.position:
            self.position += size
            return bytes(self._view[self.position - size : self.position])
        kept = BytesIO(bytes(size))  # what is put into its buffer it gives back without a copy
        with kept.getbuffer() as view:
            filled = self.copy(view)
        return kept.getvalue()[:filled]
