"""Stored bytes read once and checked against their digest while they pass.

The hash of a large blob that is read alone runs in a thread of its own, so that it keeps two cores busy: hashing and
inflating both release the interpreter's lock. Where other blobs are read beside it, handing over would only cost time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Queue
from threading import Thread

from assay.errors import DigestMismatch, InputError
from assay.formats.compression import ByteStream, Resident
from assay.model.digest import Digest
from assay.ports import Progress

_PIECE = 256 << 10
_QUEUED = 8
_INLINE = 1 << 20
"""Bytes; a blob below this is not worth a thread."""

Opener = Callable[[], AbstractContextManager[ByteStream]]


def hasher(digest: Digest) -> hashlib._Hash:
    """A running hash of the digest's algorithm; raises `InputError` for one that this Python lacks."""
    name = str(digest.algorithm).replace("sha3-", "sha3_")
    try:
        return hashlib.new(name, usedforsecurity=False)
    except ValueError as error:
        raise InputError(f"digests of {digest.algorithm} cannot be checked here") from error


class _Hashed:
    """A stream that feeds a hash with what passes."""

    def __init__(self, raw: ByteStream, digest: Digest, size: int, progress: Progress | None, alone: bool) -> None:
        self._raw = raw
        self._hash = hasher(digest)
        self._progress = progress
        self.total = 0
        self._whole: memoryview | None = None
        self._queue: Queue[bytes | memoryview | None] | None = None
        if alone and (size < 0 or size > _INLINE):
            self._queue = Queue(_QUEUED)
            self._thread = Thread(target=self._work, args=(self._queue,), daemon=True)
            self._thread.start()

    def _work(self, queue: Queue[bytes | memoryview | None]) -> None:
        while (piece := queue.get()) is not None:
            self._hash.update(piece)

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._raw.readinto(buffer)
        if count:
            self._pass(buffer[:count] if self._queue is None else bytes(buffer[:count]))
        return count

    def whole(self) -> memoryview | None:
        """All stored bytes in memory, if the source has them there."""
        self._whole = self._raw.whole() if isinstance(self._raw, Resident) else None
        return self._whole

    def reach(self, position: int) -> None:
        """Hash what lies before `position` in `whole`; the source is told also of what was hashed before."""
        if self._whole is not None:
            assert isinstance(self._raw, Resident)
            self._raw.reach(position)
            if piece := self._whole[self.total : position]:
                self._pass(piece)

    def _pass(self, piece: bytes | memoryview) -> None:
        self.total += len(piece)
        if self._queue is None:
            self._hash.update(piece)
        else:
            self._queue.put(piece)
        if self._progress is not None:
            self._progress.advance(len(piece))

    def drain(self) -> None:
        """Read what the consumer left."""
        if self._whole is not None:
            while self.total < len(self._whole):
                self.reach(min(self.total + _INLINE, len(self._whole)))
            return
        buffer = memoryview(bytearray(_PIECE))
        while self.readinto(buffer):
            pass

    def close(self) -> None:
        if self._queue is not None:
            self._queue.put(None)
            self._thread.join()
            self._queue = None

    def hexdigest(self) -> str:
        self.close()
        return self._hash.hexdigest()


def verified(
    opener: Opener, digest: Digest, size: int = -1, progress: Progress | None = None, *, alone: bool = True
) -> Opener:
    """`opener`, whose stream is read to its end and compared with `digest` (and `size`, if not negative).

    `alone` says that no other blob keeps the second core busy meanwhile.

    Leaving the context raises `DigestMismatch` for a blob that is not what it should be, unless another error is
    already on its way.
    """

    @contextmanager
    def open_verified() -> Iterator[ByteStream]:
        with opener() as raw:
            stream = _Hashed(raw, digest, size, progress, alone)
            try:
                yield stream
                stream.drain()
            finally:
                stream.close()
            compare(stream.total, stream.hexdigest(), digest, size)

    return open_verified


def compare(total: int, found: str, digest: Digest, size: int = -1) -> None:
    """Raise `DigestMismatch` unless `total` bytes with the hexadecimal digest `found` are what was promised."""
    if size >= 0 and total != size:
        raise DigestMismatch(f"{digest} has {total} bytes, {size} were promised", "fetch or build it again")
    if found != digest.value:
        raise DigestMismatch(
            f"content with the digest {digest.algorithm}:{found} was stored as {digest}", "fetch or build it again"
        )


def check(data: bytes, digest: Digest, size: int = -1) -> bytes:
    """`data`, if it is what `digest` and `size` promise; raises `DigestMismatch`."""
    running = hasher(digest)
    running.update(data)
    compare(len(data), running.hexdigest(), digest, size)
    return data
