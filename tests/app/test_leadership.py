"""One of several leads: the lease is taken, renewed, lost, handed over; clocks may be wrong, the API server away."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster
from assay.app.leadership import Leadership
from simulators.cluster import SimulatedCluster
from simulators.kubeconfig import kubeconfig
from simulators.processes import PATIENCE, within


class Clock:
    """One that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cluster(simulated: SimulatedCluster, tmp_path: Path) -> Cluster:
    return Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url)), timeout=60)


def replica(cluster: Cluster, name: str, clock: Clock, wrong: timedelta = timedelta()) -> Leadership:
    now = datetime(2026, 11, 26, tzinfo=UTC) + wrong
    return Leadership(cluster, "assay-system", "assay", name, 15, clock, lambda: now)


def holder(simulated: SimulatedCluster) -> str:
    lease = simulated.get("leases", "assay", "assay-system")
    assert lease is not None
    return str(lease["spec"]["holderIdentity"])


def test_one_leads_and_the_other_follows_when_it_falls_silent(simulated: SimulatedCluster, cluster: Cluster) -> None:
    clock = Clock()
    one, two = replica(cluster, "one", clock), replica(cluster, "two", clock)
    one.look()
    two.look()
    assert (one.is_leader, two.is_leader) == (True, False)
    for _ in range(5):
        clock.now += 6
        one.look()
        two.look()
    assert (one.is_leader, two.is_leader) == (True, False)
    clock.now += 10
    assert not one.is_leader, "it stops before another may begin"
    two.look()
    assert not two.is_leader
    clock.now += 6
    two.look()
    assert (one.is_leader, two.is_leader) == (False, True)
    one.look()
    assert (one.is_leader, holder(simulated)) == (False, "two")
    lease = simulated.get("leases", "assay", "assay-system")
    assert lease is not None
    assert lease["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_is_wrong_takes_no_lease_away(cluster: Cluster, wrong: timedelta) -> None:
    clock = Clock()
    one, two = replica(cluster, "one", clock, wrong), replica(cluster, "two", clock)
    one.look()
    for _ in range(4):
        clock.now += 5
        two.look()
        one.look()
    assert (one.is_leader, two.is_leader) == (True, False)


def test_of_two_that_take_it_at_once_one_has_it(simulated: SimulatedCluster, cluster: Cluster) -> None:
    clock = Clock()
    replica(cluster, "dead", clock).look()
    both = [replica(cluster, f"r{number}", clock) for number in range(6)]
    for one in both:
        one.look()
    clock.now += 16
    threads = [threading.Thread(target=one.look) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    (leader,) = (one for one in both if one.is_leader)
    assert holder(simulated) == leader.identity


def test_a_server_that_is_away_ends_the_lease_in_time(simulated: SimulatedCluster, cluster: Cluster) -> None:
    clock = Clock()
    one = replica(cluster, "one", clock)
    one.look()
    simulated.faults.forbid = lambda *_: True
    clock.now += 5
    one.look()
    assert one.is_leader
    assert "403" in one.complaint
    clock.now += 6
    one.look()
    assert not one.is_leader
    simulated.faults.forbid = lambda *_: False
    one.look()
    assert (one.is_leader, one.complaint) == (True, "")


def test_a_lease_that_somebody_changed_meanwhile_is_not_overwritten(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    clock = Clock()
    one = replica(cluster, "one", clock)
    one.look()
    simulated.faults.stale = 1
    one.look()
    assert not one.is_leader
    one.look()
    assert one.is_leader


def test_it_is_handed_over_at_the_end(simulated: SimulatedCluster, cluster: Cluster) -> None:
    one, two = (Leadership(cluster, "assay-system", "assay", name, 6) for name in ("one", "two"))
    one.start()
    _wait(lambda: one.is_leader)
    two.start()
    time.sleep(0.5)
    assert not two.is_leader
    one.close()
    assert not one.is_leader
    assert holder(simulated) != "one", "it is handed over, and not waited for until it runs out"
    _wait(lambda: two.is_leader)
    two.close()
    assert holder(simulated) == ""


def _wait(test: object) -> None:
    assert callable(test)
    assert within(PATIENCE, test)
