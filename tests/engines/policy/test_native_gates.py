"""Gates of a rollout: nothing is refused before so long no new violation came; what opened stays open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.admission_store import opened
from assay.adapters.admission_store.rollouts import Rollouts
from assay.adapters.admission_store.sightings import Sightings
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.decision import Decision
from simulators.memory_images import MemoryImages
from simulators.native_samples import IMAGE, NOW, deployment, native, pod, request

DAY = timedelta(days=1)
GATE = [{"noNewViolationFor": "14d"}]
SPEC: dict[str, Any] = {"registries": ["allowed.example"], "rollout": {"gates": GATE, "grace": "30d"}}
GOOD = "allowed.example/app:1"


class Controller:
    """What decides, on a clock that is set: its record is on disk, and it can be started anew."""

    def __init__(self, folder: Path, spec: dict[str, Any] = SPEC) -> None:
        self.now, self._folder, self.policy = NOW, folder, native(spec)
        self._open()

    def _open(self) -> None:
        self._database = opened(self._folder)
        self.sightings = Sightings(self._database)
        self.rollouts = Rollouts(self._database, lambda: self.now)
        self.rollouts.observe([self.policy.policy], self.now)

    def restart(self, spec: dict[str, Any] | None = None) -> None:
        self._database.close()
        self.policy = native(spec) if spec is not None else self.policy
        self._open()

    def at(self, days: float) -> None:
        self.now = NOW + days * DAY

    def decide(self, item: dict[str, Any], **more: Any) -> Decision:
        world = World(images=MemoryImages(), now=lambda: self.now, sightings=self.sightings, rollouts=self.rollouts)
        return deciding.validate([self.policy], request(item, **more), world)

    def action(self, item: dict[str, Any], **more: Any) -> str:
        return self.decide(item, **more).action


def phase(decision: Decision) -> str:
    return str(decision.results[0].details["phase"])


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    return Controller(tmp_path)


def test_after_fourteen_days_without_a_violation_new_workloads_are_refused(controller: Controller) -> None:
    controller.at(13.99)
    told = phase(controller.decide(deployment(GOOD)))
    assert told.startswith("audit until 2026-06-15 12:00 UTC; a gate does not hold, no new violation for 14 days: ")
    assert "watched since 2026-06-01 12:00 UTC" in told
    controller.at(14)
    assert controller.action(deployment(IMAGE, name="new")) == "deny"
    assert controller.action(deployment(IMAGE)) == "warn"  # it was there before


def test_a_violation_on_the_thirteenth_day_counts_from_the_beginning(controller: Controller) -> None:
    controller.at(13)
    assert controller.action(deployment(IMAGE, name="late")) == "allow"
    controller.at(26.9)
    decision = controller.decide(deployment(IMAGE, name="late"))
    assert (decision.action, decision.verdict) == ("allow", "fail")
    assert "audit until 2026-06-28 12:00 UTC" in phase(decision)
    assert "shop/Deployment/late broke it anew on 2026-06-14 12:00 UTC" in phase(decision)
    controller.at(27)
    assert controller.action(deployment(IMAGE, name="new")) == "deny"
    assert controller.action(deployment(IMAGE, name="late")) == "warn"


def test_what_is_made_again_or_scaled_up_is_no_new_violation_and_another_image_is(controller: Controller) -> None:
    controller.decide(deployment(IMAGE, uid="1"))
    for days in range(1, 14):
        controller.at(days)
        controller.restart()
        controller.decide(deployment(IMAGE, uid=str(days)))
        controller.decide(deployment(IMAGE, uid=str(days)), operation="UPDATE", old_object=deployment(IMAGE))
    controller.at(14)
    assert controller.action(pod(IMAGE, name="new")) == "deny"
    other = Controller(controller._folder / "other")
    other.decide(deployment(IMAGE))
    other.at(13)
    other.decide(deployment(IMAGE.replace(":1", ":2")))
    other.at(26)
    assert other.action(pod(IMAGE, name="new")) == "allow"


def test_a_gate_that_opened_stays_open_whatever_is_refused_later(controller: Controller) -> None:
    controller.at(14)
    assert controller.action(deployment(IMAGE, name="one")) == "deny"
    controller.restart()
    assert controller.action(deployment(IMAGE, name="two")) == "deny"
    controller.at(15)
    assert controller.action(deployment(IMAGE, name="three")) == "deny"


def test_it_opens_at_the_same_time_whenever_somebody_asks_first(controller: Controller, tmp_path: Path) -> None:
    """Grace counts from the time at which the gate held, though nobody asked for a month."""
    controller.decide(deployment(IMAGE, name="old"))
    controller.at(43.9)
    assert controller.action(deployment(IMAGE, name="old")) == "warn"
    controller.at(44)
    assert controller.action(deployment(IMAGE, name="old")) == "deny"


def test_a_date_and_a_gate_must_both_have_come(tmp_path: Path) -> None:
    later = (NOW + 20 * DAY).isoformat()
    controller = Controller(tmp_path, {**SPEC, "rollout": {"auditUntil": later, "gates": GATE}})
    controller.at(14)
    assert phase(controller.decide(deployment(GOOD))) == "audit until 2026-06-21 12:00 UTC"
    controller.at(19)
    controller.decide(deployment(IMAGE))
    controller.at(20)
    assert controller.action(deployment(IMAGE, name="new")) == "allow"


def test_the_record_survives_restarts_and_is_one_for_replicas(controller: Controller) -> None:
    controller.at(13)
    controller.decide(deployment(IMAGE))
    replica = Controller(controller._folder)
    for one in (controller, replica):
        one.at(20)
        one.restart()
        assert "broke it anew on 2026-06-14" in phase(one.decide(pod(GOOD, name="new")))
    for one in (controller, replica):
        one.at(27)
        assert one.action(pod(IMAGE, name="newest")) == "deny"


def test_what_was_not_demanded_before_is_watched_from_the_beginning(controller: Controller) -> None:
    controller.at(10)
    controller.restart({**SPEC, "registries": ["allowed.example", "also.example"]})
    controller.at(14)
    assert controller.action(deployment(IMAGE)) == "allow"
    controller.at(30)
    assert controller.action(deployment(IMAGE, name="new")) == "deny"
    controller.restart({**SPEC, "registries": ["third.example"]})
    assert controller.action(deployment(IMAGE, name="new")) == "deny"  # in force is in force


def test_a_dry_run_breaks_nothing(controller: Controller) -> None:
    controller.at(13)
    controller.decide(deployment(IMAGE), dry_run=True)
    controller.at(14)
    assert controller.action(deployment(IMAGE)) == "deny"


def test_each_stage_has_its_own_record(tmp_path: Path) -> None:
    rollout = {"gates": GATE, "stages": [{"namespaces": ["dev"]}, {"namespaces": ["lab"], "gates": []}]}
    controller = Controller(tmp_path, {**SPEC, "rollout": rollout})
    controller.at(13)
    assert controller.action(deployment(IMAGE, namespace="lab")) == "deny"
    controller.decide(deployment(IMAGE, namespace="dev"))
    controller.at(14)
    assert controller.action(deployment(IMAGE, name="new", namespace="dev")) == "allow"
    assert controller.action(deployment(IMAGE, name="new", namespace="shop")) == "deny"


def test_a_rollout_on_hold_stays_as_it_was(tmp_path: Path) -> None:
    dates = {"auditUntil": (NOW + 14 * DAY).isoformat(), "grace": "30d"}
    controller = Controller(tmp_path, {**SPEC, "rollout": dates})
    controller.decide(deployment(IMAGE, name="old"))
    hold = {"since": (NOW + 10 * DAY).isoformat(), "reason": "freeze of <the> year"}
    controller.restart({**SPEC, "rollout": {**dates, "hold": hold}})
    controller.at(50)
    decision = controller.decide(deployment(IMAGE, name="new"))
    assert decision.action == "allow"
    assert phase(decision) == "audit; held since 2026-06-11 12:00 UTC: freeze of <the> year"
    hold = {"since": (NOW + 15 * DAY).isoformat(), "reason": "freeze"}
    controller.restart({**SPEC, "rollout": {**dates, "hold": hold}})
    controller.at(90)
    assert controller.action(deployment(IMAGE, name="newer")) == "deny"
    assert controller.action(deployment(IMAGE, name="old")) == "warn"
    controller.restart({**SPEC, "rollout": dates})
    assert controller.action(deployment(IMAGE, name="old")) == "deny"


def test_a_gate_does_not_open_while_the_rollout_is_on_hold(tmp_path: Path) -> None:
    hold = {"since": (NOW + 3 * DAY).isoformat(), "reason": "freeze"}
    controller = Controller(tmp_path, {**SPEC, "rollout": {"gates": GATE, "hold": hold}})
    controller.at(40)
    assert controller.action(deployment(IMAGE)) == "allow"


def test_without_a_record_nobody_knows_and_it_is_said(tmp_path: Path) -> None:
    world = World(images=MemoryImages(), now=lambda: NOW + 100 * DAY)
    decision = deciding.validate([native(SPEC)], request(deployment(IMAGE)), world)
    assert (decision.action, decision.verdict) == ("allow", "fail")
    assert phase(decision) == "audit; whether its gates hold is not known here"


def test_forced_stages_do_not_wait(tmp_path: Path) -> None:
    forced = {"since": (NOW + DAY).isoformat(), "reason": "audit of the year"}
    controller = Controller(tmp_path, {**SPEC, "rollout": {"gates": GATE, "forced": forced}})
    assert controller.action(deployment(IMAGE)) == "allow"
    controller.at(1)
    assert controller.action(deployment(IMAGE, name="new")) == "deny"


def test_a_full_disk_opens_no_gate(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record becomes read-only, as on a full disk: what cannot be written counts as long as the process lives."""
    controller.decide(deployment(GOOD))
    with controller._database.use() as connection:
        connection.execute("PRAGMA query_only = ON")
    controller.at(13)
    controller.sightings._hold(workload := deployment_workload("late"), controller.now)
    assert controller.action(deployment(IMAGE, name="late")) == "allow"
    controller.at(14)
    controller.sightings._hold(deployment_workload("new"), controller.now)
    assert "broke it anew on 2026-06-14" in phase(controller.decide(deployment(GOOD, name="late")))
    with controller._database.use() as connection:
        connection.execute("PRAGMA query_only = OFF")
    controller.decide(deployment(IMAGE, name="another"))
    controller.restart()
    assert {item.workload for item in controller.rollouts.violations("release")} == {
        workload,
        deployment_workload("another"),
    }


def deployment_workload(name: str) -> Any:
    from assay.model.workload import Workload

    return Workload("shop", "Deployment", name)


@pytest.mark.parametrize("gates", [[{}], [{"noNewViolationFor": "soon"}], {"noNewViolationFor": "1d"}, [{"other": 1}]])
def test_gates_that_mean_nothing_are_refused(gates: Any) -> None:
    with pytest.raises(Malformed, match="gates"):
        native({**SPEC, "rollout": {"gates": gates}})


def test_the_oldest_violations_go_where_there_are_too_many(controller: Controller) -> None:
    for number in range(10):
        controller.now = datetime(2026, 6, 1, number, tzinfo=UTC)
        controller.decide(deployment(IMAGE, name=f"app-{number}"))
    controller.rollouts.prune(4)
    assert [item.workload.name for item in controller.rollouts.violations("release")] == [
        "app-9",
        "app-8",
        "app-7",
        "app-6",
    ]
