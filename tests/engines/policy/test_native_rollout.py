"""A rollout: 14 days of audit, then enforced for new workloads, 30 days of grace for the others, then for all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assay.adapters.admission_store import opened
from assay.adapters.admission_store.sightings import Sightings
from assay.engines.policy import deciding
from assay.engines.policy.native.rollout import share
from assay.engines.policy.world import World
from assay.model.decision import Decision
from assay.model.workload import Workload
from simulators.memory_images import MemoryImages
from simulators.native_samples import IMAGE, NOW, deployment, native, pod, request

DAY = timedelta(days=1)
SPEC: dict[str, Any] = {
    "registries": ["allowed.example"],
    "rollout": {"auditUntil": (NOW + 14 * DAY).isoformat(), "grace": "30d"},
}


class Clock:
    """One that is set, with the controller's record on disk."""

    def __init__(self, folder: Path) -> None:
        self.now, self._folder = NOW, folder
        self._open()

    def _open(self) -> None:
        self._database = opened(self._folder)
        self.sightings = Sightings(self._database)

    def restart(self) -> None:
        self._database.close()
        self._open()

    def world(self) -> World:
        return World(images=MemoryImages(), now=lambda: self.now, sightings=self.sightings)

    def at(self, days: float) -> None:
        self.now = NOW + days * DAY


def decide(clock: Clock, item: dict[str, Any], spec: dict[str, Any] = SPEC, **more: Any) -> Decision:
    return deciding.validate([native(spec)], request(item, **more), clock.world())


def test_fourteen_days_audit_then_new_then_grace_then_all(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    old, new = deployment(IMAGE, name="old"), deployment(IMAGE, name="new")
    first = decide(clock, old)
    assert (first.action, first.verdict) == ("allow", "fail")
    assert "audit until 2026-06-15 12:00 UTC" in first.results[0].details["phase"]
    clock.at(13.9)
    assert decide(clock, deployment(IMAGE, name="late")).action == "allow"
    clock.at(14)
    clock.restart()
    assert decide(clock, new).action == "deny"
    assert decide(clock, old).action == "warn"
    assert decide(clock, deployment(IMAGE, name="late")).action == "warn"
    clock.at(43.9)
    clock.restart()
    assert decide(clock, old).action == "warn"
    assert decide(clock, new).action == "deny"
    clock.at(44)
    assert decide(clock, old).action == "deny"


def test_a_workload_that_is_made_again_under_its_name_stays_an_existing_one(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    decide(clock, deployment(IMAGE, uid="1"))
    clock.at(20)
    assert decide(clock, deployment(IMAGE, uid="2")).action == "warn"
    assert decide(clock, deployment(IMAGE, namespace="other")).action == "deny"
    assert decide(clock, pod(IMAGE)).action == "deny"


def test_pods_of_a_controller_stand_where_it_stands_and_forged_ones_do_not(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    decide(clock, deployment(IMAGE))
    clock.at(20)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-5d4f", "uid": "9", "controller": True}
    made = pod(IMAGE, name="app-5d4f-x", labels={"pod-template-hash": "5d4f"}, ownerReferences=[owner])
    controller = "system:serviceaccount:kube-system:replicaset-controller"
    assert decide(clock, made, user=controller).action == "warn"
    assert decide(clock, made, user="mallory").action == "deny"


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    decide(clock, deployment(IMAGE), dry_run=True)
    assert clock.sightings.first(Workload("shop", "Deployment", "app")) is None
    clock.at(20)
    assert decide(clock, deployment(IMAGE)).action == "deny"


def test_stages_take_namespaces_and_per_cents(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    later = (NOW + 100 * DAY).isoformat()
    stages = [{"namespaces": ["dev-*"]}, {"namespaces": ["shop"], "percent": 30}]
    spec = {**SPEC, "rollout": {"auditUntil": later, "stages": stages}}
    assert decide(clock, deployment(IMAGE, namespace="dev-a"), spec).action == "deny"
    assert decide(clock, deployment(IMAGE, namespace="prod"), spec).action == "allow"
    names = [f"app-{number}" for number in range(300)]
    denied = {name for name in names if decide(clock, deployment(IMAGE, name=name), spec).action == "deny"}
    assert denied == {name for name in names if share("release", Workload("shop", "Deployment", name)) < 3000}
    assert 60 <= len(denied) <= 120


def test_the_verdict_is_the_same_in_every_phase(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    verdicts = set()
    for days in (0, 14, 20, 50):
        clock.at(days)
        verdicts.add(decide(clock, deployment(IMAGE)).verdict)
    assert verdicts == {"fail"}


def test_times_are_taken_in_utc() -> None:
    spec = {**SPEC, "rollout": {"auditUntil": "2026-06-15"}}
    assert native(spec).policy.rollout[0].audit_until == datetime.fromisoformat("2026-06-15T00:00:00Z")
