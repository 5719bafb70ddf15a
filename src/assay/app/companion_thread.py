"""Companions that work in a thread of their own, round after round, and have no use for decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.app.companions import Decided


class CompanionThread(ABC):
    """What such a companion begins and ends with; `_run` is its work, and returns soon after `_ended` is set."""

    def __init__(self, name: str, grace: float = 5) -> None:
        """`grace` is how many seconds its end is waited for."""
        self._ended, self._grace = Event(), grace
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def decided(self, told: Decided) -> None:  # noqa: B027  it is whole as it is
        """Decisions are of no concern here."""

    def close(self) -> None:
        """End."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(self._grace)

    @abstractmethod
    def _run(self) -> None:
        """Work, until the end."""
