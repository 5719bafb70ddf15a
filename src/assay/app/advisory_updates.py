"""Advisory data kept young while the controller serves: `assay db update`, now and then, in a process of its own.

A process, for an update takes more memory than the webhooks do, and the processor for minutes. What it writes is in
force within a second (`assay.app.image_facts`), so that a new entry of KEV refuses what was let in before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

from assay.app.companions import Decided, Figure

MOST = 1800.0
"""Seconds that an update may take."""
_ERROR = "assay: error: "
_AGAIN = 600.0
"""After one that failed, at most."""


class AdvisoryUpdates:
    """Updates the data in `data` every `seconds`: `assay.app.companions.Companion`."""

    def __init__(self, data: Path, seconds: float, words: Sequence[str] = ()) -> None:
        """`words` follow ``assay db update``."""
        self._command = [sys.executable, "-m", "assay", "db", "update", "-q", "--data-dir", str(data), *words]
        self._seconds = seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, name="advisories", daemon=True)
        self._told: dict[str, float] = {"updated": 0, "failed": 0}
        self._problem = ""

    @property
    def figures(self) -> Sequence[Figure]:
        """How often it went well."""
        name, about = "assay_advisory_updates_total", "Updates of the advisory data, by result."
        return (Figure(name, about, lambda: dict(self._told), "counter", "result"),)

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why the last one failed; what it could fetch is in force all the same."""
        return {"advisories": self._problem} if self._problem else {}

    def start(self) -> None:
        """Begin with an update."""
        self._thread.start()

    def decided(self, told: Decided) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """End one that runs: the store stays as it was."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._problem = self._update()
            self._told["failed" if self._problem else "updated"] += 1
            self._stop.wait(min(self._seconds, _AGAIN) if self._problem else self._seconds)

    def _update(self) -> str:
        """Why it failed; empty where it did not."""
        with subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            end = time.monotonic() + MOST
            while True:
                try:
                    _, said = process.communicate(timeout=0.5)
                except subprocess.TimeoutExpired:
                    if self._stop.is_set() or time.monotonic() > end:
                        process.kill()
                        process.communicate()
                        return "" if self._stop.is_set() else f"an update took over {MOST:.0f} s"
                    continue
                return _reason(said) if process.returncode else ""


def _reason(said: str) -> str:
    """The error among what a command said on standard error."""
    errors = [line.removeprefix(_ERROR) for line in said.splitlines() if line.startswith(_ERROR)]
    return (errors[0] if errors else "the update failed")[:500]
