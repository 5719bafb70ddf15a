"""Which images satisfied which policy for which workload: what is revoked later, but runs on unchanged."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime
from threading import Lock

from assay.adapters.admission_store import Database
from assay.errors import AssayError
from assay.model.workload import Workload

MAX_HELD, MAX_ROWS = 10_000, 500_000
_AGAIN = 86_400.0
"""Seconds after which it is written down that an image still satisfies a policy."""
_NOTED = (
    "INSERT INTO admitted VALUES (?, ?) ON CONFLICT (which) DO UPDATE SET time = excluded.time"
    " WHERE excluded.time > admitted.time"
)
_PRUNE = "DELETE FROM admitted WHERE time <= (SELECT time FROM admitted ORDER BY time DESC LIMIT 1 OFFSET ?)"


class Admissions:
    """`assay.engines.policy.world.Admissions` on the controller's database.

    What is noted is written by `flush`: a crash before that forgets it, so that more is refused and never less.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: OrderedDict[str, float] = OrderedDict()
        self._waiting: dict[str, float] = {}
        self._lock = Lock()

    def known(self, policy: str, workload: Workload, image: str) -> bool:
        """See the port."""
        key = _key(policy, workload, image)
        with self._lock:
            if key in self._held:
                return True
        try:
            with self._database.use() as read:
                row = read.execute("SELECT time FROM admitted WHERE which = ?", (key,)).fetchone()
        except AssayError:
            return False
        if row is None:
            return False
        self._hold(key, row[0])
        return True

    def note(self, policy: str, workload: Workload, image: str, now: datetime) -> None:
        """See the port."""
        key, moment = _key(policy, workload, image), now.timestamp()
        with self._lock:
            if (told := self._held.get(key)) is not None and told <= moment < told + _AGAIN:
                return
            if len(self._waiting) < MAX_HELD:
                self._waiting[key] = moment
        self._hold(key, moment)

    def flush(self) -> None:
        """Write down what was noted; what cannot be written waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            with self._database.use() as write:
                write.executemany(_NOTED, sorted(waiting.items()))
                write.execute(_PRUNE, (MAX_ROWS,))
        except AssayError:
            with self._lock:
                self._waiting = {**waiting, **self._waiting}

    def _hold(self, key: str, moment: float) -> None:
        with self._lock:
            self._held[key] = moment
            self._held.move_to_end(key)
            while len(self._held) > MAX_HELD:
                self._held.popitem(last=False)


def _key(policy: str, workload: Workload, image: str) -> str:
    return hashlib.sha256("\n".join((policy, *workload, image)).encode()).hexdigest()
