"""A thread that takes things in batches, so that nobody waits for a disk or a network; what is too much is counted."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

from assay.errors import AssayError

Item = TypeVar("Item")
_CLOSING = 5.0


class Batches(Generic[Item]):
    """Gives what was put in to `write`, at most `size` at a time: every `pause` seconds, at once where more waits."""

    def __init__(
        self,
        name: str,
        write: Callable[[list[Item]], None],
        most: int = 20_000,
        size: int = 500,
        pause: float = 0.2,
        idle: Callable[[], None] | None = None,
    ) -> None:
        """`idle` is called where nothing waits."""
        self._write, self._size, self._pause, self._idle = write, size, pause, idle
        self._waiting: Queue[Item] = Queue(most)
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self.dropped = 0
        self.problem = ""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, item: Item) -> None:
        """Take one; it is written soon."""
        try:
            self._waiting.put_nowait(item)
        except Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, for at most some seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSING)

    def _run(self) -> None:
        batch: list[Item] = []
        while not (self._stop.wait(0 if len(batch) == self._size else self._pause) and self._waiting.empty()):
            batch = self._next()
            try:
                if batch:
                    self._write(batch)
                elif self._idle is not None:
                    self._idle()
                else:
                    continue
                self.problem = ""
            except AssayError as error:
                self.dropped += len(batch)
                self.problem = error.what
            except Exception as error:  # a fault of ours in one batch must not end the thread
                self.dropped += len(batch)
                self.problem = f"a fault of assay: {type(error).__name__}: {error!s:.200}"

    def _next(self) -> list[Item]:
        found: list[Item] = []
        try:
            while len(found) < self._size:
                found.append(self._waiting.get_nowait())
        except Empty:
            pass
        return found
