"""The webhook beside a cluster: what ran before is spared, controllers are looked up, forged ones are not believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.running_admission import RunningAdmission, running_admission

IMAGE = "evil.example/app:1"
NOW = datetime.now(UTC)
POLICY = f"""
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {{name: registries}}
spec:
  registries: [allowed.example]
  workloads: {{namespaceSelector: {{matchLabels: {{guarded: "yes"}}}}}}
  action: enforce
  rollout: {{auditUntil: "{(NOW - timedelta(days=1)).isoformat()}", grace: 30d}}
"""
CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller"}


def made(item: dict[str, Any], days: float) -> dict[str, Any]:
    """An object that was made so many days ago."""
    stamp = (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**item, "metadata": {**item["metadata"], "creationTimestamp": stamp}}


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        for name, guarded in (("shop", "yes"), ("play", "no")):
            labels = {"guarded": guarded}
            found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        found.put(made(deployment(IMAGE, name="old"), 10))
        found.put(made(deployment(IMAGE, name="young"), 0.1))
        yield found


@pytest.fixture(scope="module")
def served(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAdmission]:
    place = tmp_path_factory.mktemp("admission")
    (place / "policies.yaml").write_text(POLICY)
    config = kubeconfig(place, cluster.url)
    with running_admission(place, "--policies", place / "policies.yaml", "--kubeconfig", config) as found:
        yield found


def action(answer: dict[str, Any]) -> str:
    if not answer["allowed"]:
        return "deny"
    return "warn" if answer.get("warnings") else "allow"


def test_what_ran_before_is_spared_and_what_came_later_is_not(served: RunningAdmission) -> None:
    for name, expected in (("old", "warn"), ("young", "deny"), ("new", "deny")):
        assert action(served.review(deployment(IMAGE, name=name), name=name)) == expected, name


def test_namespaces_are_those_of_the_cluster(served: RunningAdmission) -> None:
    item = deployment(IMAGE, name="new", namespace="play")
    assert action(served.review(item, name="new", namespace="play")) == "allow"


def owned(uid: str, name: str = "old-5d4f") -> dict[str, Any]:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid, "controller": True}
    return pod(IMAGE, name=f"{name}-x", ownerReferences=[owner])


def test_controllers_are_believed_only_as_the_cluster_has_them(
    served: RunningAdmission, cluster: SimulatedCluster
) -> None:
    top = cluster.objects["deployments", "shop", "old"]["metadata"]["uid"]
    above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "old", "uid": top, "controller": True}
    replica = {**deployment(IMAGE, name="old-5d4f", ownerReferences=[above]), "kind": "ReplicaSet"}
    uid = cluster.put(replica)["metadata"]["uid"]
    assert action(served.review(owned(uid), userInfo=CONTROLLER)) == "warn"
    assert action(served.review(owned(uid))) == "deny"
    assert action(served.review(owned("another"), userInfo=CONTROLLER)) == "deny"
    other = owned(uid)
    other["spec"]["containers"].append({"name": "more", "image": "evil.example/miner:1"})
    assert action(served.review(other, userInfo=CONTROLLER)) == "deny"
    forged = {**deployment(IMAGE, name="forged-1", ownerReferences=[{**above, "uid": "x"}]), "kind": "ReplicaSet"}
    uid = cluster.put(forged)["metadata"]["uid"]
    assert action(served.review(owned(uid, "forged-1"), userInfo=CONTROLLER)) == "deny"


def test_a_cluster_that_cannot_be_asked_is_an_error_of_the_policy(
    served: RunningAdmission, cluster: SimulatedCluster
) -> None:
    cluster.faults.refuse = 1000
    try:
        denied = served.review(deployment(IMAGE, name="old", namespace="unknown"), namespace="unknown")
        assert action(denied) == "deny"
        assert "the cluster answered 403" in denied["status"]["message"]
    finally:
        cluster.faults.refuse = 0


def test_a_cluster_that_is_away_at_the_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").write_text(POLICY)
    config = kubeconfig(tmp_path, "http://127.0.0.1:9")
    with running_admission(tmp_path, "--policies", tmp_path / "policies.yaml", "--kubeconfig", config) as found:
        told = found.get("/healthz").json()["warnings"]
        assert [text for text in told if text.startswith("admission: they are not known")]
