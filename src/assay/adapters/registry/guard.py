"""Sockets that are left when they say nothing, or next to nothing, for too long."""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SLOWEST = 1000
"""Bytes in a second; who sends less over a whole timeout counts as stalled."""


class Guarded:
    """A socket whose reading side never waits for longer than `timeout`, nor crawls for that long."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self._socket = sock
        self._timeout = timeout
        sock.settimeout(timeout)

    def sendall(self, data: bytes) -> None:
        """As of a socket."""
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The reading side, guarded; raises `TimeoutError` for one that has stalled."""
        return io.BufferedReader(_Reader(self._socket.makefile("rb", buffering=0), self._timeout), 64 << 10)

    def fileno(self) -> int:
        """As of a socket."""
        return self._socket.fileno()

    def close(self) -> None:
        """As of a socket."""
        self._socket.close()


class _Reader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase | socket.SocketIO, timeout: float) -> None:
        self._raw = raw
        self._timeout = timeout
        self._waited = 0.0
        self._got = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        start = time.monotonic()
        count = self._raw.readinto(buffer) or 0
        self._waited += time.monotonic() - start
        self._got += count
        if self._waited > self._timeout:
            if self._got < SLOWEST * self._timeout:
                raise TimeoutError("timed out")
            self._waited, self._got = 0.0, 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
