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

from assay.app.companion_thread import CompanionThread
from assay.app.companions import Figure

MOST = 1800.0
"""Seconds that an update may take."""
_ERROR = "assay: error: "
_AGAIN = 600.0
"""After one that failed, at most."""


class AdvisoryUpdates(CompanionThread):
    """Updates the data in `data` every `seconds`: `assay.app.companions.Companion`."""

    def __init__(self, data: Path, seconds: float, words: Sequence[str] = ()) -> None:
        """`words` follow ``assay db update``."""
        super().__init__("advisories", 10)
        self._command = [sys.executable, "-m", "assay", "db", "update", "-q", "--data-dir", str(data), *words]
        self._seconds = seconds
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

    def _run(self) -> None:
        while not self._ended.is_set():
            self._problem = self._update()
            self._told["failed" if self._problem else "updated"] += 1
            self._ended.wait(min(self._seconds, _AGAIN) if self._problem else self._seconds)

    def _update(self) -> str:
        """Why it failed; empty where it did not."""
        with subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            end = time.monotonic() + MOST
            while True:
                try:
                    _, said = process.communicate(timeout=0.5)
                except subprocess.TimeoutExpired:
                    if self._ended.is_set() or time.monotonic() > end:
                        process.kill()
                        process.communicate()
                        return "" if self._ended.is_set() else f"an update took over {MOST:.0f} s"
                    continue
                return _reason(said) if process.returncode else ""


def _reason(said: str) -> str:
    """The error among what a command said on standard error."""
    errors = [line.removeprefix(_ERROR) for line in said.splitlines() if line.startswith(_ERROR)]
    return (errors[0] if errors else "the update failed")[:500]
