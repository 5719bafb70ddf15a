"""The record of rollouts: one for all replicas in PostgreSQL, the same in a file; written by many threads at once."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from assay.adapters.admission_store import Database, opened
from assay.adapters.admission_store.rollouts import RolloutReader, Rollouts, merge
from assay.errors import ExternalError
from assay.model.assay_policy import StageRecord
from assay.model.workload import Workload
from simulators.native_samples import NOW, native
from simulators.postgres_server import postgres_server

DAY = timedelta(days=1)
POLICY = native({"registries": ["a.example"], "rollout": {"gates": [{"noNewViolationFor": "14d"}]}}).policy
STAGE = POLICY.rollout[0]
LATER = timedelta(seconds=5)


def workload(number: int, namespace: str = "shop") -> Workload:
    return Workload(namespace, "Deployment", f"app-{number}")


def test_what_one_replica_saw_the_other_knows(two: tuple[Database, Database]) -> None:
    now = NOW
    one, other = (Rollouts(database, lambda: now) for database in two)
    one.observe([POLICY], NOW)
    other.observe([POLICY], NOW + DAY)
    one.violated(POLICY, STAGE, workload(1), "registries", "x.example/a", NOW + 3 * DAY)
    now = NOW + 3 * DAY
    for record in (one, other):
        found = record.stage(POLICY, STAGE, now)
        assert found == StageRecord(NOW, NOW + 3 * DAY, "shop/Deployment/app-1")
    other.violated(POLICY, STAGE, workload(1), "registries", "x.example/a", NOW + 9 * DAY)
    now = NOW + 9 * DAY
    assert one.stage(POLICY, STAGE, now).last == NOW + 3 * DAY  # the same again is not new
    one.opened(POLICY, STAGE, NOW + 17 * DAY)
    other.opened(POLICY, STAGE, NOW + 18 * DAY)
    now = NOW + 19 * DAY
    assert other.stage(POLICY, STAGE, now).opened == NOW + 17 * DAY
    other.violated(POLICY, STAGE, workload(2), "registries", "x.example/a", now)
    assert RolloutReader(two[0]).stage(POLICY, STAGE, now).last == NOW + 3 * DAY  # from then on it is of no concern


def test_violations_are_counted_by_stage_and_namespace(two: tuple[Database, Database]) -> None:
    record = Rollouts(two[0], lambda: NOW)
    record.observe([POLICY], NOW)
    for number in range(5):
        for image in ("a", "b"):
            record.violated(POLICY, STAGE, workload(number), "registries", image, NOW + number * DAY)
    record.violated(POLICY, STAGE, workload(1, "lab"), "registries", "a", NOW)
    for reader in (record, RolloutReader(two[1])):
        (found,) = reader.broken("release").values()
        assert [(one.namespace, one.workloads, one.last) for one in found] == [
            ("shop", 5, NOW + 4 * DAY),
            ("lab", 1, NOW),
        ]
    record.prune(4)
    assert {item.workload.name for item in record.violations("release")} == {"app-3", "app-4"}


def test_many_threads_lose_nothing(two: tuple[Database, Database]) -> None:
    records = [Rollouts(database, lambda: NOW) for database in two]
    records[0].observe([POLICY], NOW)

    def note(number: int) -> None:
        records[number % 2].violated(POLICY, STAGE, workload(number), "registries", "a", NOW + number * LATER)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(200)))
    assert len(records[0].violations("release")) == 200
    assert RolloutReader(two[1]).stage(POLICY, STAGE, NOW).last == NOW + 199 * LATER


def test_whoever_only_looks_leaves_no_trace(two: tuple[Database, Database]) -> None:
    reader = RolloutReader(two[0])
    assert reader.stage(POLICY, STAGE, NOW) == StageRecord(NOW)
    reader.violated(POLICY, STAGE, workload(1), "registries", "a", NOW)
    reader.opened(POLICY, STAGE, NOW)
    assert reader.broken("release") == {}
    assert reader.stage(POLICY, STAGE, NOW + DAY) == StageRecord(NOW + DAY)


def test_a_violation_while_the_database_is_away_counts_and_is_written_later(tmp_path: Path) -> None:
    with postgres_server() as own:
        database = opened(tmp_path, own.database())
        record = Rollouts(database, lambda: NOW)
        record.observe([POLICY], NOW)
        record.stage(POLICY, STAGE, NOW)
        own.stop(signal.SIGINT)
        record.violated(POLICY, STAGE, workload(1), "registries", "a", NOW + DAY)
        assert len(record._unwritten) == 1
        own.start()
        for number in range(2, 60):
            record.violated(POLICY, STAGE, workload(number), "registries", "a", NOW + DAY)
            if not record._unwritten:
                break
            time.sleep(0.5)
        assert "app-1" in {item.workload.name for item in record.violations("release")}
        assert RolloutReader(database).stage(POLICY, STAGE, NOW).last == NOW + DAY
        database.close()


def test_records_of_replicas_are_merged_in_any_order() -> None:
    some = [
        StageRecord(NOW),
        StageRecord(NOW + DAY, NOW + 2 * DAY, "a/b/c"),
        StageRecord(NOW - DAY, NOW + DAY, "d/e/f", NOW + 20 * DAY),
        StageRecord(NOW, None, "", NOW + 30 * DAY),
    ]
    wanted = StageRecord(NOW - DAY, NOW + 2 * DAY, "a/b/c", NOW + 20 * DAY)
    for turn in range(4):
        found = some[turn]
        for item in (*some[turn + 1 :], *some[:turn]):
            found = merge(found, item)
        assert found == wanted


def test_while_the_database_is_away_what_was_known_counts(tmp_path: Path) -> None:
    now = NOW
    with postgres_server() as own:
        database = opened(tmp_path, own.database())
        record = Rollouts(database, lambda: now)
        record.observe([POLICY], NOW)
        record.opened(POLICY, STAGE, NOW + 14 * DAY)
        now = NOW + 15 * DAY
        assert record.stage(POLICY, STAGE, now).opened == NOW + 14 * DAY
        own.stop(signal.SIGINT)
        now = NOW + 16 * DAY
        assert record.stage(POLICY, STAGE, now).opened == NOW + 14 * DAY
        other = Rollouts(database, lambda: now)
        other.observe([POLICY], now)
        with pytest.raises(ExternalError):
            other.stage(POLICY, STAGE, now)
        database.close()
