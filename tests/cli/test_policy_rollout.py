"""`assay policy rollout status|advance|hold` on files and on a cluster, with the record of a controller."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.adapters.admission_store import opened
from assay.adapters.admission_store.rollouts import Rollouts
from assay.app.told_rollouts import SharedRollouts
from assay.engines.policy import deciding
from assay.engines.policy.native import loading
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.world import World
from assay.errors import ExitCode
from assay.formats import manifest
from assay.model.workload import Workload
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, request
from simulators.postgres_server import postgres_server

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = """# what may run
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: release}
spec:
  registries: [allowed.example]   # ours
  action: enforce
  rollout:
    gates: [{noNewViolationFor: 14d}]
    grace: 30d
    stages:
      - namespaces: [dev]   # the brave
        auditUntil: 2026-06-20
        gates: []
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "release.yaml").write_text(POLICY)
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


class Controlling:
    """A controller's record beside the policy, and what it decides."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.mkdir(exist_ok=True)
        if not (place / "release.yaml").exists():
            (place / "release.yaml").write_text(POLICY)
        self._database = opened(place / "data" / "admission")
        self.now = NOW
        self.rollouts = Rollouts(self._database, lambda: self.now)
        self.rollouts.observe([self.policy().policy], NOW)

    def policy(self) -> NativePolicy:
        path = self._place / "release.yaml"
        return NativePolicy(loading.policy(manifest.read(path.read_text(), str(path))[0]))

    def action(self, image: str, name: str, days: float, namespace: str = "shop") -> str:
        self.now = NOW + days * DAY
        world = World(now=lambda: self.now, rollouts=self.rollouts)
        item = deployment(image, name=name, namespace=namespace)
        return deciding.validate([self.policy()], request(item), world).action


def rollout(place: Path, *words: str, days: float = 0) -> int:
    moment = (NOW + days * DAY).isoformat()
    return main(["policy", "rollout", *words, "--policies", str(place / "release.yaml"), "--at", moment])


def shown(place: Path, capsys: pytest.CaptureFixture[str], days: float = 0) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert rollout(place, "status", "-o", "json", days=days) == ExitCode.OK
    (found,) = json.loads(capsys.readouterr().out)
    stages: list[dict[str, Any]] = found["stages"]
    return stages


def test_status_shows_stages_dates_gates_and_violations(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    controller = Controlling(place)
    for name in ("one", "two"):
        assert controller.action("evil.example/a:1", name, 13) == "allow"
    controller.action("evil.example/a:1", "one", 13, "dev")
    assert rollout(place, "status", days=13.5) == ExitCode.OK
    text = capsys.readouterr().out
    assert "release (" in text
    assert "1: dev    audit  2026-06-20 00:00 UTC  -            1 workload\n" in text
    assert "the rest  audit  2026-06-28 12:00 UTC  do not hold  2 workloads" in text
    assert "shop/Deployment/two broke it anew" in text or "shop/Deployment/one broke it anew" in text
    assert "    shop: 2 workloads, last 2026-06-14 12:00 UTC" in text
    dev, rest = shown(place, capsys, days=19)
    assert (dev["phase"], dev["gatesHold"], dev["gates"]) == ("in force", True, [])
    assert (rest["phase"], rest["gatesHold"], rest["gates"]) == ("audit", False, ["1209600s"])
    assert rest["lastNewViolation"] == "2026-06-14T12:00:00Z"
    dev, rest = shown(place, capsys, days=30)
    assert (rest["phase"], rest["next"]) == ("grace", "2026-07-28T12:00:00Z")


def test_without_a_record_it_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollout(place, "status") == ExitCode.OK
    assert "nothing is recorded here" in capsys.readouterr().out
    assert rollout(place, "advance", "release", "--stage", "2") == ExitCode.NO
    assert "whether its gates hold is not known here" in capsys.readouterr().err
    assert not (place / "data" / "admission").exists()


def test_advance_moves_the_next_stage_and_leaves_the_rest_of_the_file(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    controller = Controlling(place)
    assert controller.action("evil.example/a:1", "x", 1, "dev") == "allow"
    assert rollout(place, "advance", "release", "--stage", "1", days=2) == ExitCode.OK
    assert "stage 1: dev: in force for new workloads from now on" in capsys.readouterr().out
    assert (place / "release.yaml").read_text() == POLICY.replace("2026-06-20", "2026-06-03T12:00:00Z")
    assert controller.action("evil.example/a:1", "y", 2, "dev") == "deny"


def test_advance_is_refused_while_a_gate_does_not_hold_unless_forced(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    controller = Controlling(place)
    assert controller.action("evil.example/a:1", "x", 5) == "allow"
    assert rollout(place, "advance", "release", "--stage", "2", days=10) == ExitCode.NO
    told = capsys.readouterr().err
    assert "stage the rest is not moved on: a gate does not hold, no new violation for 14 days" in told
    assert "--force --reason" in told
    assert (place / "release.yaml").read_text() == POLICY
    assert rollout(place, "advance", "release", "--stage", "2", "--force", days=10) == ExitCode.USAGE
    forced = ["advance", "release", "--stage", "2", "--force", "--reason", "agreed: SEC-42"]
    assert rollout(place, *forced, days=10) == ExitCode.OK
    text = (place / "release.yaml").read_text()
    assert 'forced: {since: 2026-06-11T12:00:00Z, reason: "agreed: SEC-42"}' in text
    assert controller.action("evil.example/a:1", "new", 10) == "deny"
    capsys.readouterr()
    assert rollout(place, "status", days=11) == ExitCode.OK
    assert "forced on 2026-06-11 12:00 UTC: agreed: SEC-42" in capsys.readouterr().out


def test_advance_ends_a_grace_period_and_then_there_is_nothing_left(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Controlling(place)
    assert rollout(place, "advance", "release", days=30) == ExitCode.OK
    assert "stage the rest: the grace period ends now" in capsys.readouterr().out
    assert "grace: 16d\n" in (place / "release.yaml").read_text()  # it opened after fourteen days
    assert [stage["phase"] for stage in shown(place, capsys, days=30)] == ["in force", "in force"]
    assert rollout(place, "advance", "release", days=30) == ExitCode.USAGE
    assert rollout(place, "advance", "other", days=30) == ExitCode.INPUT
    assert rollout(place, "advance", "release", "--stage", "7", days=30) == ExitCode.USAGE


def test_hold_and_release(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    controller = Controlling(place)
    assert rollout(place, "hold", "release", days=10) == ExitCode.USAGE
    assert rollout(place, "hold", "release", "--reason", "freeze", days=10) == ExitCode.OK
    assert rollout(place, "hold", "release", "--reason", "freeze", days=11) == ExitCode.USAGE
    assert rollout(place, "advance", "release", days=11) == ExitCode.NO
    assert "on hold: freeze" in capsys.readouterr().err
    assert controller.action("evil.example/a:1", "new", 40, "dev") == "allow"
    stages = shown(place, capsys, days=40)
    assert [stage["phase"] for stage in stages] == ["audit", "audit"]
    assert "held since 2026-06-11 12:00 UTC: freeze" in stages[0]["note"]
    assert rollout(place, "hold", "release", "--release", days=40) == ExitCode.OK
    assert "it goes on, 30 days later" in capsys.readouterr().out
    assert (place / "release.yaml").read_text() == POLICY.replace("2026-06-20", "2026-07-20T00:00:00Z")
    assert controller.action("evil.example/a:1", "newer", 40, "dev") == "allow"
    assert controller.action("evil.example/a:1", "newest", 49, "dev") == "deny"
    assert rollout(place, "hold", "release", "--release", days=40) == ExitCode.USAGE


def test_release_as_planned_leaves_the_dates(place: Path) -> None:
    assert rollout(place, "hold", "release", "--reason", "freeze", days=10) == ExitCode.OK
    assert rollout(place, "hold", "release", "--release", "--as-planned", days=40) == ExitCode.OK
    assert (place / "release.yaml").read_text() == POLICY


def test_in_a_cluster_the_object_is_patched_and_its_status_is_the_record(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from assay.adapters.kubernetes import access
    from assay.adapters.kubernetes.client import Cluster
    from assay.model.policy import GroupVersionKind

    kind = GroupVersionKind("assay.dev", "v1alpha1", "AssayPolicy")
    with serve(SimulatedCluster()) as simulated:
        simulated.put(manifest.read(POLICY, "release.yaml")[0].object)
        config = kubeconfig(place, simulated.url)
        cluster = Cluster(access.kubeconfig(config))
        at = ["--kubeconfig", str(config), "--at"]
        assert main(["policy", "rollout", "status", *at, NOW.isoformat()]) == ExitCode.OK
        assert "nothing is recorded here" in capsys.readouterr().out
        one, two = Controlling(place / "one"), Controlling(place / "two")
        sharing = [
            SharedRollouts(
                controller.rollouts,
                cluster,
                lambda: cluster.list(kind),
                lambda: [loading.policy(manifest.read(POLICY, "")[0])],
                lambda: NOW + 6 * DAY,
            )
            for controller in (one, two)
        ]
        one.action("evil.example/a:1", "x", 5)
        for _ in range(2):
            for item in sharing:
                item.round()
        before = len(simulated.requests)
        for item in sharing:
            item.round()
        assert not [line for line in simulated.requests[before:] if line.startswith("PATCH")]
        policy = two.policy().policy
        assert two.rollouts.stage(policy, policy.rollout[-1], NOW + 6 * DAY).by == "shop/Deployment/x"
        assert two.action("evil.example/a:1", "new", 15) == "allow"
        late = (NOW + 10 * DAY).isoformat()
        assert main(["policy", "rollout", "status", *at, late]) == ExitCode.OK
        text = capsys.readouterr().out
        assert "shop/Deployment/x broke it anew on 2026-06-06 12:00 UTC" in text
        assert "shop: 1 workload, last" in text
        assert main(["policy", "rollout", "advance", "release", "--stage", "2", *at, late]) == ExitCode.NO
        assert main(["policy", "rollout", "hold", "release", "--reason", "freeze", *at, late]) == ExitCode.OK
        spec = simulated.of("assaypolicies")[0]["spec"]
        assert spec["rollout"]["hold"] == {"since": "2026-06-11T12:00:00Z", "reason": "freeze"}
        assert main(["policy", "rollout", "hold", "release", "--release", *at, late]) == ExitCode.OK
        assert "hold" not in simulated.of("assaypolicies")[0]["spec"]["rollout"]
        assert main(["policy", "rollout", "advance", "release", "--stage", "1", *at, late]) == ExitCode.OK
        stages = simulated.of("assaypolicies")[0]["spec"]["rollout"]["stages"]
        assert stages == [{"namespaces": ["dev"], "auditUntil": "2026-06-11T12:00:00Z", "gates": []}]


def test_the_record_may_be_in_postgresql(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with postgres_server() as server:
        address = server.database()
        database = opened(place, address)
        controller = Controlling(place / "other")
        record = Rollouts(database, lambda: NOW)
        policy = controller.policy().policy
        record.observe([policy], NOW)
        record.violated(policy, policy.rollout[-1], Workload("shop", "Deployment", "x"), "registries", "a", NOW + DAY)
        assert rollout(place, "status", "--database", address, days=2) == ExitCode.OK
        database.close()
    assert "shop/Deployment/x broke it anew on 2026-06-02 12:00 UTC" in capsys.readouterr().out


def test_files_or_a_cluster_must_be_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "rollout", "status"]) == ExitCode.USAGE
    assert "either --policies PATH" in capsys.readouterr().err


def test_a_status_that_lies_about_times_is_not_taken_over(place: Path) -> None:
    lies = {"stage": "* 100%", "observed": "2026-05-01T00:00:00Z", "opened": "2999-01-01T00:00:00Z"}
    controller = Controlling(place)
    policy = controller.policy().policy
    item = manifest.read(POLICY, "release.yaml")[0].object
    written: list[dict[str, Any]] = []

    class Patched:
        def patch(self, kind: Any, namespace: str, name: str, changes: dict[str, Any], subresource: str = "") -> Any:
            written.append(changes["status"]["rollout"])
            return {}

    def round_with(stages: Any) -> None:
        status = {"rollout": {"demands": policy.demands, "stages": stages, "violations": [{"workloads": "x"}, None]}}
        objects: list[Any] = [{**item, "status": status}]
        SharedRollouts(controller.rollouts, Patched(), lambda: objects, lambda: [policy], lambda: NOW + DAY).round()

    for stages in ([lies], "none", [{}, 3, {"stage": 1, "observed": "soon"}], None):
        round_with(stages)
    assert [one["stages"] for one in written] == [[{"stage": "* 100%", "observed": "2026-06-01T12:00:00.000000Z"}]] * 4


def test_a_grace_period_that_was_held_is_longer_by_that(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    controller = Controlling(place)
    controller.action("allowed.example/a:1", "x", 15)  # the gate held on the fourteenth day
    assert rollout(place, "hold", "release", "--reason", "freeze", days=20) == ExitCode.OK
    assert shown(place, capsys, days=60)[1]["phase"] == "grace"
    assert rollout(place, "hold", "release", "--release", days=32.5) == ExitCode.OK
    assert "    grace: 42d12h\n" in (place / "release.yaml").read_text()
    stages = shown(place, capsys, days=33)
    assert (stages[1]["phase"], stages[1]["next"]) == ("grace", "2026-07-28T00:00:00Z")
