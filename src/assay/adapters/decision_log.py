"""The decision log: a JSON line for each decision, written by a thread of its own and never waited for.

Lines that come faster than they can be written are counted as `dropped`; a disk that is full is `problem`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Thread
from typing import IO

from assay.errors import UsageError
from assay.formats import json_bytes
from assay.model.policy import Object

MAX_WAITING = 20_000
_BATCH = 500


class DecisionLog:
    """Writes to a file (appending), or to standard output where that is ``-``."""

    def __init__(self, place: str) -> None:
        """Raises `UsageError` for a file that cannot be written."""
        try:
            self._file: IO[bytes] = sys.stdout.buffer if place == "-" else Path(place).open("ab")  # noqa: SIM115
        except OSError as error:
            raise UsageError(f"{place} cannot be written: {error.strerror}", "--decision-log FILE") from error
        self._own = place != "-"
        self._waiting: Queue[Object | None] = Queue(MAX_WAITING)
        self.dropped = 0
        self.problem = ""
        self._thread = Thread(target=self._run, name="decisions", daemon=True)
        self._thread.start()

    def write(self, entry: Object) -> None:
        """Take a line; it is written soon."""
        try:
            self._waiting.put_nowait(entry)
        except Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, for at most some seconds."""
        self._waiting.put(None)
        self._thread.join(5)
        if self._own:
            self._file.close()

    def _run(self) -> None:
        while True:
            batch = self._next()
            lines = [json_bytes.encode(item) + b"\n" for item in batch if item is not None]
            try:
                self._file.write(b"".join(lines))
                self._file.flush()
                self.problem = ""
            except (OSError, ValueError) as error:
                self.dropped += len(lines)
                self.problem = f"decisions cannot be written: {error}"
            if None in batch:
                return

    def _next(self) -> list[Object | None]:
        found = [self._waiting.get()]
        try:
            while len(found) < _BATCH and found[-1] is not None:
                found.append(self._waiting.get_nowait())
        except Empty:
            pass
        return found
