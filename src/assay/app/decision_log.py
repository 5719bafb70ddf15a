"""The decision log: a JSON line for each decision, written by a thread of its own and never waited for.

Lines that come faster than they can be written are counted as `dropped`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from assay.adapters.batches import Batches
from assay.app.companions import Decided, Figure
from assay.errors import ExternalError, UsageError
from assay.formats import json_bytes
from assay.model.policy import Object

_MAX_WAITING = 1_000


class DecisionLog:
    """Writes to a file (appending), or to standard output where that is ``-``: `assay.app.companions.Companion`."""

    def __init__(self, place: str) -> None:
        """Raises `UsageError` for a file that cannot be written."""
        try:
            self._file: IO[bytes] = sys.stdout.buffer if place == "-" else Path(place).open("ab")  # noqa: SIM115
        except OSError as error:
            raise UsageError(f"{place} cannot be written: {error.strerror}", "--decision-log FILE") from error
        self._own = place != "-"
        self._batches: Batches[Decided | Object] = Batches("decisions", self._write, _MAX_WAITING, size=200)

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        dropped = "assay_admission_dropped_total"
        return (Figure(dropped, "Decisions that were not logged.", lambda: self._batches.dropped, "counter"),)

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why decisions are not logged."""
        problem = self._batches.problem
        return {"decision log": problem} if problem else {}

    def start(self) -> None:
        """Begin."""
        self._batches.start()

    def decided(self, told: Decided) -> None:
        """Write a decision soon."""
        self._batches.put(told)

    def write(self, entry: Object) -> None:
        """Write another line soon."""
        self._batches.put(entry)

    def close(self) -> None:
        """Write what waits, for at most some seconds."""
        self._batches.close()
        if self._own:
            self._file.close()

    def _write(self, batch: list[Decided | Object]) -> None:
        entries = [item.entry if isinstance(item, Decided) else item for item in batch]
        try:
            self._file.write(b"".join(json_bytes.encode(entry) + b"\n" for entry in entries))
            self._file.flush()
        except (OSError, ValueError) as error:
            raise ExternalError(f"decisions cannot be written: {error}", "check the file and its disk") from error
