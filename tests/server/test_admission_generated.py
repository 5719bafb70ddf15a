"""Kyverno's policies that write: generated, synchronized and cloned objects, targets, deletions by schedule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.test_admission_telling import until
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.processes import PATIENCE
from simulators.running_admission import RunningAdmission, decisions, running_admission

POLICIES = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: defaults}
spec:
  rules:
    - name: quota
      match: {any: [{resources: {kinds: [Namespace]}}]}
      generate:
        synchronize: true
        apiVersion: v1
        kind: ConfigMap
        name: quota
        namespace: "{{request.object.metadata.name}}"
        data: {data: {pods: "10"}}
    - name: pull
      match: {any: [{resources: {kinds: [Namespace]}}]}
      generate:
        generateExisting: true
        apiVersion: v1
        kind: Secret
        name: pull
        namespace: "{{request.object.metadata.name}}"
        clone: {name: pull, namespace: base}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: restarts}
spec:
  rules:
    - name: stamp
      match: {any: [{resources: {kinds: [ConfigMap], names: [settings]}}]}
      mutate:
        targets: [{apiVersion: apps/v1, kind: Deployment, name: web, namespace: "{{request.namespace}}"}]
        patchStrategicMerge: {metadata: {annotations: {settings: "{{request.object.data.version}}"}}}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: marks}
spec:
  mutateExistingOnPolicyUpdate: true
  rules:
    - name: mark
      match: {any: [{resources: {kinds: [Service]}}]}
      mutate:
        targets: [{apiVersion: v1, kind: Service, name: "{{request.object.metadata.name}}", namespace: shop}]
        patchStrategicMerge: {metadata: {labels: {marked: "yes"}}}
---
apiVersion: policies.kyverno.io/v1
kind: GeneratingPolicy
metadata: {name: accounts}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [namespaces]}]
  variables:
    - name: made
      expression: >-
        [{"kind": dyn("ServiceAccount"), "apiVersion": dyn("v1"), "metadata": dyn({"name": "robot"})}]
  generate:
    - expression: generator.Apply(object.metadata.name, variables.made)
---
apiVersion: policies.kyverno.io/v1
kind: DeletingPolicy
metadata: {name: old-jobs}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [batch], apiVersions: [v1], operations: ["*"], resources: [jobs]}]
  conditions: [{name: done, expression: "object.metadata.?labels.?done.orValue('') == 'yes'"}]
  schedule: "* * * * *"
---
apiVersion: kyverno.io/v2
kind: ClusterCleanupPolicy
metadata: {name: old-settings}
spec:
  schedule: "* * * * *"
  match: {any: [{resources: {kinds: [ConfigMap], names: ["tmp-*"]}}]}
  conditions:
    all: [{key: "{{ target.data.keep || 'no' }}", operator: Equals, value: "no"}]
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        for name in ("base", "elder", "shop"):
            found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull", "namespace": "base"}}
        found.put({**secret, "data": {"token": "dG9rZW4="}})
        web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
        found.put({**web, "spec": {"template": {"spec": {"containers": []}}}})
        for name, done in (("finished", "yes"), ("running", "no")):
            about = {"name": name, "namespace": "shop", "labels": {"done": done}}
            found.put({"apiVersion": "batch/v1", "kind": "Job", "metadata": about})
        found.put({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front", "namespace": "shop"}})
        for name, keep in (("tmp-1", "no"), ("tmp-2", "yes"), ("lasting", "no")):
            about = {"name": name, "namespace": "shop"}
            found.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"keep": keep}})
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@pytest.fixture(scope="module")
def served(cluster: SimulatedCluster, place: Path) -> Iterator[RunningAdmission]:
    (place / "policies.yaml").write_text(POLICIES)
    config = kubeconfig(place, cluster.url)
    flags = ("--enforce", "kyverno", "--decision-log", place / "decisions.jsonl")
    with running_admission(place, "--policies", place / "policies.yaml", "--kubeconfig", config, *flags) as found:
        yield found


def get(cluster: SimulatedCluster, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
    return cluster.objects.get((resource, namespace, name))


def create_namespace(served: RunningAdmission, cluster: SimulatedCluster, name: str, **request: Any) -> dict[str, Any]:
    """As the API server does: asked first, stored then."""
    item = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "uid": f"uid-of-{name}"}}
    answer = served.review(item, namespace=name, **request)
    assert answer["allowed"], answer
    if not request.get("dryRun"):
        cluster.put(item)
    return item


def test_a_namespace_gets_what_the_rules_generate(
    served: RunningAdmission, cluster: SimulatedCluster, place: Path
) -> None:
    create_namespace(served, cluster, "fresh")
    made = until(lambda: get(cluster, "configmaps", "fresh", "quota"))
    assert made["data"] == {"pods": "10"}
    labels = made["metadata"]["labels"]
    assert labels["generate.kyverno.io/policy-name"] == "defaults" and labels["app.kubernetes.io/managed-by"] == "assay"
    assert labels["generate.kyverno.io/trigger-uid"] == made["metadata"]["ownerReferences"][0]["uid"] == "uid-of-fresh"
    assert until(lambda: get(cluster, "secrets", "fresh", "pull"))["data"] == {"token": "dG9rZW4="}
    assert until(lambda: get(cluster, "serviceaccounts", "fresh", "robot"))

    def written() -> list[Any]:
        lines = decisions(place / "decisions.jsonl")
        return [line for line in lines if line["operation"] == "GENERATE" and line["namespace"] == "fresh"]

    names = until(lambda: found if len(found := written()) == 3 else None)
    assert {line["kind"] for line in names} == {"ConfigMap", "Secret", "ServiceAccount"}


def test_a_dry_run_generates_nothing(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    create_namespace(served, cluster, "dry", dryRun=True)
    create_namespace(served, cluster, "wet")
    until(lambda: get(cluster, "serviceaccounts", "wet", "robot"))
    assert not [key for key in cluster.objects if key[1] == "dry"]


def test_what_is_synchronized_is_put_right_and_what_is_foreign_left_alone(
    served: RunningAdmission, cluster: SimulatedCluster
) -> None:
    item = create_namespace(served, cluster, "kept")
    made = until(lambda: get(cluster, "configmaps", "kept", "quota"))
    cluster.put({**made, "data": {"pods": "9999"}})
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "quota", "namespace": "other"}}
    cluster.put({**foreign, "data": {"pods": "1"}})
    served.review(item, namespace="kept", operation="UPDATE", oldObject=item)
    create_namespace(served, cluster, "other")
    until(lambda: get(cluster, "configmaps", "kept", "quota")["data"] == {"pods": "10"})  # type: ignore[index]
    until(lambda: get(cluster, "serviceaccounts", "other", "robot"))
    assert get(cluster, "configmaps", "other", "quota")["data"] == {"pods": "1"}  # type: ignore[index]


def test_a_namespace_that_was_there_gets_only_what_is_for_existing_ones(
    served: RunningAdmission, cluster: SimulatedCluster
) -> None:
    until(lambda: get(cluster, "secrets", "elder", "pull"))
    assert get(cluster, "configmaps", "elder", "quota") is None


def test_targets_that_exist_are_changed(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    about = {"name": "settings", "namespace": "shop"}
    served.review({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"version": "7"}})

    def annotated() -> bool:
        web = get(cluster, "deployments", "shop", "web") or {}
        return bool(web["metadata"].get("annotations", {}).get("settings") == "7")

    until(annotated)


def test_targets_are_changed_when_the_policy_comes(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    def marked() -> bool:
        front = get(cluster, "services", "shop", "front") or {}
        return bool(front["metadata"].get("labels", {}).get("marked") == "yes")

    until(marked)


def test_what_is_done_is_deleted_by_schedule(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    until(lambda: get(cluster, "jobs", "shop", "finished") is None, 60 + PATIENCE)  # once a minute
    until(lambda: get(cluster, "configmaps", "shop", "tmp-1") is None)
    assert get(cluster, "jobs", "shop", "running") is not None
    assert get(cluster, "configmaps", "shop", "tmp-2") is not None
    assert get(cluster, "configmaps", "shop", "lasting") is not None
