"""When a workload was first seen: what rollout schedules tell new workloads from existing ones by."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock

from assay.adapters.admission_store import Database
from assay.model.workload import Workload

MAX_HELD = 100_000


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
            row = connection.execute(
                "SELECT first FROM sighting WHERE namespace = ? AND kind = ? AND name = ?", workload
            ).fetchone()
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
                "INSERT INTO sighting VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first)",
                (*workload, moment.timestamp()),
            )
        return self._hold(workload, moment)

    def note_all(self, seen: Iterable[tuple[Workload, datetime]]) -> None:
        """The same for many, in one step: what runs when the controller is installed."""
        with self._database.use() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(
                    "INSERT INTO sighting VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET first = min(first, excluded.first)",
                    [(*item, moment.timestamp()) for item, moment in seen],
                )
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        with self._lock:
            self._held.clear()

    def _hold(self, workload: Workload, moment: datetime) -> datetime:
        with self._lock:
            self._held[workload] = moment
            while len(self._held) > MAX_HELD:
                self._held.popitem(last=False)
        return moment
