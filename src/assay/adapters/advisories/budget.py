"""How much an update may cost: seconds and bytes together, over all that it fetches."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from assay.errors import ExternalError


class Spent(ExternalError):
    """The budget is used up; what was fetched so far is kept, the next call goes on from there."""


class Budget:
    """Counts down; 0 means without bound. `end` ends it from another thread."""

    def __init__(self, seconds: float = 0, size: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds if seconds else float("inf")
        self._size = size
        self._ended = Event()
        self.fetched = 0

    def check(self) -> None:
        """Raise `Spent` when nothing is left."""
        if self._ended.is_set() or self._clock() >= self._end:
            raise Spent("the time for this update is used up", "run `assay db update` again to go on")
        if self._size and self.fetched >= self._size:
            raise Spent(f"{self._size >> 20} MiB were fetched in this update", "run `assay db update` again to go on")

    def take(self, size: int) -> None:
        """So many bytes came."""
        self.fetched += size
        self.check()

    def wait(self, seconds: float) -> None:
        """Pause, as a source asks for it."""
        self.check()
        self._ended.wait(max(min(seconds, self._end - self._clock()), 0))
        self.check()

    @property
    def ended(self) -> bool:
        """Whether somebody ended it."""
        return self._ended.is_set()

    def end(self) -> None:
        """Nothing more is to be fetched."""
        self._ended.set()
