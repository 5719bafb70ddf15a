"""Progress on a terminal: one line that is redrawn at most ten times a second, and removed at the end.

::

    reading layers  [##########--------------]  41 %   412 MB / 1.0 GB
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self, TextIO

_INTERVAL = 0.1
_DELAY = 0.3
_WIDTH = 24


class Bar:
    """A progress bar in bytes (`assay.ports.Progress`); shows nothing without a stream, or for short work.

    `paint` are the escape sequences before and after the full part.
    """

    def __init__(self, stream: TextIO | None, label: str, total: int = 0, paint: tuple[str, str] = ("", "")) -> None:
        self.total = total
        self._stream = stream
        self._label = label
        self._paint = paint
        self._done = 0
        self._next = time.monotonic() + _DELAY
        self._shown = False
        self._lock = threading.Lock()

    def advance(self, amount: int) -> None:
        """`amount` more bytes are done; callable from every thread."""
        if self._stream is None:
            return
        with self._lock:
            self._done += amount
            now = time.monotonic()
            if now >= self._next:
                self._next = now + _INTERVAL
                self._draw(self._stream)

    def _draw(self, stream: TextIO) -> None:
        self._shown = True
        stream.write(f"\r\x1b[K{self._line()}")
        stream.flush()

    def _line(self) -> str:
        if not self.total:
            return f"{self._label}  {_size(self._done)}"
        share = min(self._done / self.total, 1.0)
        full = round(share * _WIDTH)
        bar = f"{self._paint[0]}{'#' * full}{self._paint[1]}{'-' * (_WIDTH - full)}"
        return f"{self._label}  [{bar}] {share * 100:3.0f} %   {_size(self._done)} / {_size(self.total)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
