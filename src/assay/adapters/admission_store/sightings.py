"""When a workload was first seen: what rollout schedules tell new workloads from existing ones by."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock

from assay.adapters.admission_store import Database
from assay.model.workload import Workload

MAX_HELD = 100_000
_FIRST = "SELECT first FROM sighting WHERE namespace = ? AND kind = ? AND name = ?"
_NOTED = (
    "INSERT INTO sighting VALUES (?, ?, ?, ?) ON CONFLICT (namespace, kind, name)"
    " DO UPDATE SET first = excluded.first WHERE excluded.first < sighting.first"
)


class Sightings:
    """`assay.engines.policy.world.Sightings` on the controller's database: the first time ever counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: OrderedDict[Workload, datetime] = OrderedDict()
        self._lock = Lock()

    def first(self, workload: Workload) -> datetime | None:
        """When it was first seen; None where it never was."""
        with self._lock:
            if (held := self._held.get(workload)) is not None:
                return held
        with self._database.use() as connection:
            row = connection.execute(_FIRST, workload).fetchone()
        if row is None:
            return None
        return self._hold(workload, datetime.fromtimestamp(row[0], UTC))

    def note(self, workload: Workload, moment: datetime) -> datetime:
        """Write down that it was seen; the moment of the first time. It is on disk when this returns."""
        known = self.first(workload)
        if known is not None and known <= moment:
            return known
        with self._database.use() as connection:
            connection.execute(
                _NOTED,
                (*workload, moment.timestamp()),
            )
            (first,) = connection.execute(_FIRST, workload).fetchone()
        return self._hold(workload, datetime.fromtimestamp(first, UTC))

    def note_all(self, seen: Iterable[tuple[Workload, datetime]]) -> None:
        """The same for many, in one step: what runs when the controller is installed."""
        with self._database.use() as connection:
            connection.executemany(_NOTED, [(*item, moment.timestamp()) for item, moment in seen])
        with self._lock:
            self._held.clear()

    def _hold(self, workload: Workload, moment: datetime) -> datetime:
        with self._lock:
            self._held[workload] = moment
            while len(self._held) > MAX_HELD:
                self._held.popitem(last=False)
        return moment
