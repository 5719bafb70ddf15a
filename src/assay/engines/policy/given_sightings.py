"""One answer to when workloads were first seen, where no record of them is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.model.workload import Workload

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class GivenSightings:
    """`assay.engines.policy.world.Sightings` of one answer: before any rollout, or never."""

    __slots__ = ("_first",)

    def __init__(self, *, existing: bool) -> None:
        self._first = _LONG_AGO if existing else None

    def first(self, workload: Workload) -> datetime | None:
        """Long ago, or never."""
        return self._first

    def note(self, workload: Workload, moment: datetime) -> datetime:
        """Nothing is kept."""
        return self._first or moment
