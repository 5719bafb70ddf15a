"""How rollouts go on: since when stages are watched, their last new violation, when their gates opened.

A violation is new where the same workload (namespace, kind, name) did not break the same rule of the policy with the
same image before: one that is made again, scaled up or restarted is not. What cannot be written is kept in memory and
tried again; a gate never opens because of that, for what is kept counts.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from assay.adapters.admission_store import Database, Statements
from assay.errors import AssayError
from assay.model.assay_policy import AssayPolicy, Stage, StageRecord
from assay.model.rollout_status import NamespaceViolations
from assay.model.workload import Workload

MAX_HELD = 100_000
MAX_ROWS = 500_000
"""Violations that are kept; the oldest go, and would count as new ones."""
_AGAIN = 600.0
"""Seconds after which it is written down that a known violation goes on."""
_FRESH = 1.0
"""Seconds that a record of a stage is believed: other replicas write, too."""
MAX_UNWRITTEN = 10_000


class Violated(NamedTuple):
    """A row of the record; times are seconds since 1970."""

    policy: str
    stage: str
    workload: Workload
    rule: str
    image: str
    first: float
    last: float


class Progress(NamedTuple):
    """A stage that is watched."""

    policy: str
    stage: str
    demands: str
    record: StageRecord


class Rollouts:
    """`assay.engines.policy.world.Rollouts` on the controller's database."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database, self._now = database, now
        self._known: OrderedDict[tuple[str, ...], float] = OrderedDict()
        self._stages: dict[tuple[str, str], tuple[float, str, StageRecord]] = {}
        self._unwritten: deque[Violated] = deque(maxlen=MAX_UNWRITTEN)
        self._lock, self._writing = Lock(), Lock()

    def stage(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        """See the port; with other demands, a stage that is not in force yet is watched from the beginning.

        Where the database is away, what was known last counts.
        """
        key, moment = (policy.name, stage.key), self._now().timestamp()
        with self._lock:
            kept = self._stages.get(key)
        if kept is not None and kept[0] > moment - _FRESH and kept[0] <= moment and kept[1] == policy.demands:
            return self._with_unwritten(key, kept[2])
        try:
            found = self._watched(policy, stage, now)
        except AssayError:
            if kept is None or kept[1] != policy.demands:
                raise
            found = kept[2]
        with self._lock:
            self._stages[key] = (moment, policy.demands, found)
        return self._with_unwritten(key, found)

    def observe(self, policies: Iterable[AssayPolicy], now: datetime) -> None:
        """Watch the stages that have gates from now on: that nobody asked for anything is no violation either.

        Where the database is away, a stage is watched from the first time that it is asked about.
        """
        with suppress(AssayError):
            for policy in policies:
                for stage in policy.rollout:
                    if stage.gates:
                        self.stage(policy, stage, now)
            self.prune()

    def _watched(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        with self._database.use() as connection:
            found = _stage(connection, policy.name, stage.key)
            if found is None or (found.demands != policy.demands and found.record.opened is None):
                connection.execute(
                    "INSERT INTO rollout_stage VALUES (?, ?, ?, ?, NULL, '', NULL)"
                    " ON CONFLICT (policy, stage) DO UPDATE SET"
                    " demands = excluded.demands, observed = excluded.observed",
                    (policy.name, stage.key, policy.demands, now.timestamp()),
                )
                found = _stage(connection, policy.name, stage.key)
        return found.record if found is not None else StageRecord(now)

    def _with_unwritten(self, key: tuple[str, str], record: StageRecord) -> StageRecord:
        """The record, with what could not be written yet."""
        waiting = [item for item in list(self._unwritten) if (item.policy, item.stage) == key]
        if not waiting or record.opened is not None:
            return record
        newest = max(waiting, key=lambda item: item.first)
        moment = datetime.fromtimestamp(newest.first, UTC)
        if record.last is not None and record.last >= moment:
            return record
        return StageRecord(record.observed, moment, str(newest.workload), record.opened)

    def opened(self, policy: AssayPolicy, stage: Stage, moment: datetime) -> None:
        """See the port; where it cannot be written it is found out again."""
        self._forget(policy.name, stage.key)
        try:
            with self._database.use() as connection:
                connection.execute(
                    "UPDATE rollout_stage SET opened = ? WHERE policy = ? AND stage = ? AND opened IS NULL",
                    (moment.timestamp(), policy.name, stage.key),
                )
        except AssayError:
            return

    def violated(
        self, policy: AssayPolicy, stage: Stage, workload: Workload, rule: str, image: str, now: datetime
    ) -> None:
        """See the port."""
        key, moment = (policy.name, *workload, rule, image), now.timestamp()
        with self._lock:
            if (told := self._known.get(key)) is not None and told <= moment < told + _AGAIN:
                return
            self._known[key] = moment
            self._known.move_to_end(key)
            while len(self._known) > MAX_HELD:
                self._known.popitem(last=False)
        self._unwritten.append(Violated(policy.name, stage.key, workload, rule, image, moment, moment))
        self._forget(policy.name, stage.key)
        self._write()

    def _write(self) -> None:
        """Write down what waits; what cannot be written waits on."""
        with self._writing:
            while self._unwritten:
                item = self._unwritten[0]
                try:
                    with self._database.use() as connection:
                        _noted(connection, item)
                except AssayError:
                    return
                if self._unwritten[0] is item:  # a full queue lost its oldest meanwhile
                    self._unwritten.popleft()

    def _forget(self, policy: str, stage: str) -> None:
        """Ask the database again the next time."""
        with self._lock:
            if (kept := self._stages.get((policy, stage))) is not None:
                self._stages[(policy, stage)] = (0.0, *kept[1:])

    def prune(self, most: int = MAX_ROWS) -> None:
        """Take the oldest violations out where there are too many."""
        with self._database.use() as connection:
            count = connection.execute("SELECT count(*) FROM rollout_violation").fetchone()[0]
            if count > most:
                row = connection.execute(
                    "SELECT last FROM rollout_violation ORDER BY last LIMIT 1 OFFSET ?", (count - most,)
                ).fetchone()
                connection.execute("DELETE FROM rollout_violation WHERE last < ?", row)

    def stages(self) -> list[Progress]:
        """Everything that is watched."""
        with self._database.use() as connection:
            rows = connection.execute(
                "SELECT policy, stage, demands, observed, last, who, opened FROM rollout_stage ORDER BY policy, stage"
            ).fetchall()
        return [_progress(row) for row in rows]

    def merge(self, policy: AssayPolicy, stage: Stage, theirs: StageRecord) -> bool:
        """Take over what another replica knows of a stage; whether that was news."""
        mine = self.stage(policy, stage, theirs.observed)
        merged = merge(mine, theirs)
        if merged == mine:
            return False
        with self._database.use() as connection:
            connection.execute(
                "UPDATE rollout_stage SET observed = ?, last = ?, who = ?, opened = ? WHERE policy = ? AND stage = ?",
                (
                    merged.observed.timestamp(),
                    merged.last.timestamp() if merged.last is not None else None,
                    merged.by,
                    merged.opened.timestamp() if merged.opened is not None else None,
                    policy.name,
                    stage.key,
                ),
            )
        self._forget(policy.name, stage.key)
        return True

    def broken(self, policy: str) -> dict[str, tuple[NamespaceViolations, ...]]:
        """How many workloads of which namespaces broke a policy, by stage; those with most of them first."""
        return _broken(self._database, policy)

    def violations(self, policy: str) -> list[Violated]:
        """What is known of a policy, the newest first."""
        with self._database.use() as connection:
            rows = connection.execute(
                "SELECT policy, stage, namespace, kind, name, rule, image, first, last FROM rollout_violation"
                " WHERE policy = ? ORDER BY last DESC, namespace, kind, name, rule, image LIMIT ?",
                (policy, MAX_ROWS),
            ).fetchall()
        return [Violated(row[0], row[1], Workload(*row[2:5]), *row[5:]) for row in rows]


class RolloutReader:
    """The same record for whoever only looks: nothing is watched or written down because of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stage(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        """See the port; what is not watched yet would be from now on."""
        with self._database.use() as connection:
            found = _stage(connection, policy.name, stage.key)
        if found is None or (found.demands != policy.demands and found.record.opened is None):
            return StageRecord(now)
        return found.record

    def opened(self, policy: AssayPolicy, stage: Stage, moment: datetime) -> None:
        """The controller finds that out itself."""

    def violated(
        self, policy: AssayPolicy, stage: Stage, workload: Workload, rule: str, image: str, now: datetime
    ) -> None:
        """Whoever only looks breaks nothing."""

    def broken(self, policy: str) -> dict[str, tuple[NamespaceViolations, ...]]:
        """See `Rollouts`."""
        return _broken(self._database, policy)


def merge(one: StageRecord, other: StageRecord) -> StageRecord:
    """What two replicas know together: watched since the earlier, broken at the later, opened at the earlier."""
    opened = min((item.opened for item in (one, other) if item.opened is not None), default=None)
    newest = one if other.last is None or (one.last is not None and one.last >= other.last) else other
    return StageRecord(min(one.observed, other.observed), newest.last, newest.by, opened)


def _broken(database: Database, policy: str) -> dict[str, tuple[NamespaceViolations, ...]]:
    with database.use() as connection:
        rows = connection.execute(
            "SELECT stage, namespace, count(*), max(last) FROM ("
            "SELECT stage, namespace, kind, name, max(last) AS last FROM rollout_violation WHERE policy = ?"
            " GROUP BY stage, namespace, kind, name) AS workload"
            " GROUP BY stage, namespace ORDER BY stage, count(*) DESC, namespace",
            (policy,),
        ).fetchall()
    found: dict[str, tuple[NamespaceViolations, ...]] = {}
    for stage, namespace, count, last in rows:
        item = NamespaceViolations(namespace, count, datetime.fromtimestamp(last, UTC))
        found[stage] = (*found.get(stage, ()), item)
    return found


def _stage(connection: Statements, policy: str, stage: str) -> Progress | None:
    row = connection.execute(
        "SELECT policy, stage, demands, observed, last, who, opened FROM rollout_stage WHERE policy = ? AND stage = ?",
        (policy, stage),
    ).fetchone()
    return _progress(row) if row is not None else None


def _progress(row: tuple[str, str, str, float, float | None, str, float | None]) -> Progress:
    policy, stage, demands, observed, last, who, opened = row
    times = [datetime.fromtimestamp(item, UTC) if item is not None else None for item in (last, opened)]
    return Progress(policy, stage, demands, StageRecord(datetime.fromtimestamp(observed, UTC), times[0], who, times[1]))


def _noted(connection: Statements, item: Violated) -> None:
    """A violation, and that the stage saw a new one, if it is one."""
    key = (item.policy, *item.workload, item.rule, item.image)
    known = connection.execute(
        "SELECT 1 FROM rollout_violation"
        " WHERE policy = ? AND namespace = ? AND kind = ? AND name = ? AND rule = ? AND image = ?",
        key,
    ).fetchone()
    if known is None:
        connection.execute(
            "UPDATE rollout_stage SET last = ?, who = ?"
            " WHERE policy = ? AND stage = ? AND opened IS NULL AND (last IS NULL OR last < ?)",
            (item.first, str(item.workload), item.policy, item.stage, item.first),
        )
    connection.execute(
        "INSERT INTO rollout_violation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (policy, namespace, kind, name, rule, image)"
        " DO UPDATE SET last = excluded.last, stage = excluded.stage",
        (item.policy, item.stage, *item.workload, item.rule, item.image, item.first, item.last),
    )
