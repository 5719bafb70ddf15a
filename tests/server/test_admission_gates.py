"""Gates of a policy in a cluster: the webhook waits and says so, and the status of the policy tells how it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment
from simulators.processes import PATIENCE, within
from simulators.running_admission import running_admission

POLICY: dict[str, Any] = {
    "apiVersion": "assay.dev/v1alpha1",
    "kind": "AssayPolicy",
    "metadata": {"name": "registries"},
    "spec": {
        "registries": ["allowed.example"],
        "action": "enforce",
        "rollout": {"gates": [{"noNewViolationFor": "14d"}]},
    },
}
BAD = "evil.example/app:1"


def told(cluster: SimulatedCluster) -> dict[str, Any]:
    """What the status says of the rollout, once a violation is in it."""

    def rollout() -> dict[str, Any]:
        item = cluster.get("assaypolicies", "registries") or {}
        found: dict[str, Any] = item.get("status", {}).get("rollout", {})
        return found

    assert within(PATIENCE, lambda: rollout().get("violations")), "the status says nothing of the rollout"
    return rollout()


def test_the_webhook_waits_for_the_gate_and_tells_it_in_the_status(tmp_path: Path) -> None:
    with serve(SimulatedCluster()) as cluster:
        cluster.put(POLICY)
        config = kubeconfig(tmp_path, cluster.url)
        with running_admission(tmp_path, "--kubeconfig", config, "--policies-from-cluster") as served:
            answer = served.review(deployment(BAD, name="web"))
            assert answer["allowed"] is True
            (annotation,) = (value for key, value in answer["auditAnnotations"].items() if "registries" in key)
            assert annotation.startswith("fail (audit): evil.example/app:1: ")
            found = told(cluster)
        (stage,) = found["stages"]
        assert stage["by"] == "shop/Deployment/web"
        assert [(one["namespace"], one["workloads"]) for one in found["violations"]] == [("shop", 1)]
        past = {**stage, "observed": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z"}
        conditions = (cluster.get("assaypolicies", "registries") or {})["status"].get("conditions", [])
        cluster.put({**POLICY, "status": {"conditions": conditions, "rollout": {**found, "stages": [past]}}})
        (tmp_path / "other").mkdir()
        with running_admission(tmp_path / "other", "--kubeconfig", config, "--policies-from-cluster") as other:
            # A replica with a database of its own takes over that nothing came since.
            new = deployment(BAD, name="new")
            assert within(PATIENCE, lambda: not other.review(new, dryRun=True)["allowed"])
            answer = other.review(deployment(BAD, name="new"))
            assert answer["allowed"] is False
            assert "the image comes from evil.example" in answer["status"]["message"]
