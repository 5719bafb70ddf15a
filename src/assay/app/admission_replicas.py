"""Several replicas hold to one generation of policies, trust roots and advisories.

Each replica reads its own sources every second, and tells by the digest of what it found whether it has what is in
force. Whoever had it and finds something new in its own sources makes that the next generation; the others are behind
until their sources say the same. One that starts is not ready before it has read the generation in force, or has
waited for that as long as `patience`, and then what it has counts as the newest (a release that is rolled out). One
that stays behind for longer than `patience` is not ready any more, as long as another says that it holds to what is in
force. Of advisories the youngest are in force: elder ones are never made the next generation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from assay.adapters.admission_store.generations import Generation
from assay.app.companion_thread import CompanionThread
from assay.app.companions import Figure
from assay.errors import AssayError

PATIENCE, PAUSE = 60.0, 1.0
ADVISORIES = "advisories"
_CONFIRM, _ORPHAN = 30.0, 90.0
"""After how many seconds who holds to a generation says so again, and after how many nobody does."""


class Record(Protocol):
    """Where the generations in force are written down; both raise `ExternalError`."""

    def read(self) -> Mapping[str, Generation]:
        """By part."""
        ...

    def write(self, part: str, before: int, after: Generation) -> None:
        """Put one in the place of that number (0: of none); nothing where another replica was faster."""
        ...


class Replicas(CompanionThread):
    """An `assay.app.companions.Companion`: `own` gives the digest of each part as this replica has it."""

    def __init__(
        self,
        record: Record,
        own: Callable[[], Mapping[str, str]],
        patience: float = PATIENCE,
        behind: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`behind` is called when a part turns out to be behind."""
        super().__init__("replicas")
        self._record, self._own, self._patience, self._tell, self._now = record, own, patience, behind, now
        self._agreed: dict[str, int] = {}
        self._written: dict[str, tuple[int, str]] = {}
        self._behind: dict[str, float] = {}
        self._complaint = ""
        self._read = False

    @property
    def ready(self) -> bool:
        """Whether this replica may answer."""
        return self._read and not any(self._holds_up(part, since) for part, since in list(self._behind.items()))

    def _holds_up(self, part: str, since: float) -> bool:
        waited = self._now() - since >= self._patience
        if part == ADVISORIES:
            return not waited and part not in self._agreed
        return waited or part not in self._agreed

    @property
    def figures(self) -> Sequence[Figure]:
        """Parts that are behind."""
        about = "Parts (policies, trust roots, advisories) that are not those in force."
        return (Figure("assay_admission_behind", about, lambda: float(len(self._behind))),)

    @property
    def complaints(self) -> Mapping[str, str]:
        """What is amiss."""
        what = "are others than those in force"
        found = {f"generation of {part}": f"the {part} of this replica {what}" for part in list(self._behind)}
        return {**found, **({"generations": self._complaint} if self._complaint else {})}

    def round(self) -> None:
        """Compare once; where the record is away, what was known stays, and it is told."""
        try:
            known = self._record.read()
            for part, digest in self._own().items():
                self._compare(part, digest, known.get(part))
            self._read, self._complaint = True, ""
        except AssayError as error:
            self._complaint = error.what

    def _compare(self, part: str, digest: str, known: Generation | None) -> None:
        now = self._now()
        if known is not None and self._written.get(part) == (known.number, known.digest):
            self._agreed[part] = known.number  # it is this replica's own, whatever its sources say by now
        if known is not None and known.digest == digest:
            self._agree(part, known.number)
            if not known.since <= now < known.since + _CONFIRM:
                self._record.write(part, known.number, Generation(known.number, digest, now))
        elif known is None or self._is_next(part, digest, known, now):
            number = known.number if known is not None else 0
            self._written[part] = number + 1, digest
            self._record.write(part, number, Generation(number + 1, digest, now))
            # Whether this replica was the fastest is seen in the next round.
        elif part not in self._behind:
            self._behind[part] = now
            self._tell(part)

    def _is_next(self, part: str, digest: str, known: Generation, now: float) -> bool:
        if part == ADVISORIES:
            return digest > known.digest
        if self._agreed.get(part) == known.number or now - known.since > _ORPHAN:
            return True
        since = self._behind.get(part, now)
        return part not in self._agreed and now - since >= self._patience

    def _agree(self, part: str, number: int) -> None:
        self._agreed[part] = number
        self._behind.pop(part, None)

    def _run(self) -> None:
        while not self._ended.is_set():
            self.round()
            self._ended.wait(PAUSE)
