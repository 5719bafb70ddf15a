"""Generations: who is behind, who goes first, and what happens when nobody holds to what is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.adapters.admission_store import opened
from assay.adapters.admission_store.generations import Generation, SqlGenerations
from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster
from assay.app.admission_replicas import Record, Replicas
from assay.app.cluster_generations import ClusterGenerations
from assay.errors import ExternalError
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig


class Clock:
    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


class Replica:
    """One with sources that can be set."""

    def __init__(self, record: Record, clock: Clock, **own: str) -> None:
        self.own = own
        self.told: list[str] = []
        self.inner = Replicas(record, lambda: self.own, 60, self.told.append, clock)

    def rounds(self, count: int = 2) -> bool:
        for _ in range(count):
            self.inner.round()
        return self.inner.ready


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return SqlGenerations(opened(tmp_path))


def test_one_that_has_something_new_leads_and_the_others_follow(record: Record) -> None:
    clock = Clock()
    one, other = Replica(record, clock, policies="p1"), Replica(record, clock, policies="p1")
    assert not one.inner.ready
    assert one.rounds()
    assert other.rounds()
    one.own = {"policies": "p2"}
    assert one.rounds()
    assert record.read()["policies"].number == 2
    assert other.rounds()  # it has some time
    assert other.told == ["policies"]
    clock.now += 61
    one.rounds()
    assert not other.rounds()
    other.own = {"policies": "p2"}
    assert other.rounds()
    assert not other.inner.complaints


def test_one_that_changes_its_mind_at_once_is_behind_nobody(record: Record) -> None:
    clock = Clock()
    one = Replica(record, clock, policies="p1")
    assert one.rounds()
    one.own = {"policies": "p2"}
    assert one.rounds(1)
    one.own = {"policies": "p1"}
    assert one.rounds()
    assert not one.inner.complaints
    assert record.read()["policies"].digest == "p1"


def test_one_that_starts_waits_and_then_has_the_newest(record: Record) -> None:
    clock = Clock()
    one, new = Replica(record, clock, policies="p1"), Replica(record, clock, policies="p2")
    assert one.rounds()
    assert not new.rounds()
    clock.now += 59
    one.rounds()
    assert not new.rounds()
    clock.now += 2
    one.rounds()
    assert new.rounds()
    assert record.read()["policies"] == Generation(2, "p2", clock.now)


def test_what_nobody_holds_to_any_more_is_in_force_no_longer(record: Record) -> None:
    clock = Clock()
    assert Replica(record, clock, policies="p1").rounds()
    clock.now += 91
    assert Replica(record, clock, policies="p0").rounds()


def test_elder_advisories_never_become_those_in_force(record: Record) -> None:
    clock = Clock()
    young = Replica(record, clock, advisories="2026-11-02:a")
    elder = Replica(record, clock, advisories="2026-11-01:b")
    assert young.rounds()
    assert not elder.rounds()
    clock.now += 61
    assert elder.rounds()  # it answers with what it has, and says so
    assert elder.inner.complaints
    assert record.read()["advisories"].digest == "2026-11-02:a"
    elder.own = {"advisories": "2026-11-03:c"}
    assert elder.rounds()
    assert not elder.inner.complaints
    young.rounds()
    assert young.told == ["advisories"]


def test_a_record_that_is_away_keeps_one_from_starting_and_stops_nobody() -> None:
    class Away:
        away = True

        def read(self) -> dict[str, Generation]:
            if self.away:
                raise ExternalError("the database is away")
            return {"policies": Generation(1, "p1", 1e9)}

        def write(self, part: str, before: int, after: Generation) -> None:
            """Nothing is kept."""

    record = Away()
    replica = Replica(record, Clock(), policies="p1")
    assert not replica.rounds()
    record.away = False
    assert replica.rounds()
    record.away = True
    assert replica.rounds()
    assert replica.inner.complaints == {"generations": "the database is away"}


def test_the_record_in_a_cluster(tmp_path: Path) -> None:
    with serve(SimulatedCluster()) as cluster:
        client = Cluster(access.kubeconfig(kubeconfig(tmp_path, cluster.url)))
        record = ClusterGenerations(client, "assay-system", "assay-generation")
        assert record.read() == {}
        first, second = Generation(1, "p1", 1.5), Generation(2, "p2", 2.5)
        record.write("policies", 0, first)
        record.write("roots", 0, first)
        record.write("policies", 0, second)
        assert record.read() == {"policies": first, "roots": first}
        record.write("policies", 1, second)
        assert record.read()["policies"] == second
