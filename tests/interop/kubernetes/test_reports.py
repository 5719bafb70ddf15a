"""Reports, events and generated objects in a real cluster, with the definitions of the projects that they belong to."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.installed_chart import InstalledChart
from simulators.interop_policies import Object, pod
from simulators.processes import within
from simulators.real_cluster import RealCluster

pytestmark = pytest.mark.interop
GOOD, BAD = "allowed.example/app:1", "evil.example/app:1"
KYVERNO = "github.com/kyverno/kyverno@v1.19.1"
POLICY: Object = {
    "apiVersion": "assay.dev/v1alpha1",
    "kind": "AssayPolicy",
    "metadata": {"name": "registries", "annotations": {"assay.dev/severity": "high"}},
    "spec": {"registries": ["allowed.example"], "action": "enforce", "workloads": {"namespaces": ["shop"]}},
}
GENERATE: Object = {
    "apiVersion": "kyverno.io/v1",
    "kind": "ClusterPolicy",
    "metadata": {"name": "defaults"},
    "spec": {
        "rules": [
            {
                "name": "settings",
                "match": {"any": [{"resources": {"kinds": ["Namespace"], "names": ["fresh*"]}}]},
                "generate": {
                    "synchronize": True,
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "name": "settings",
                    "namespace": "{{request.object.metadata.name}}",
                    "data": {"data": {"level": "1"}},
                },
            }
        ]
    },
}
RULES = [
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch"]},
]


@pytest.fixture(scope="module")
def definitions() -> Path:
    """Those that Kyverno installs, out of its module."""
    done = subprocess.run(["go", "mod", "download", "-json", KYVERNO], capture_output=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip("Kyverno's module cannot be fetched")
    return Path(json.loads(done.stdout)["Dir"]) / "config/crds"


@pytest.fixture(scope="module")
def chart(
    cluster: RealCluster, definitions: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledChart]:
    for name in ("policyreport", "kyverno/kyverno.io_clusterpolicies.yaml"):
        cluster.kubectl("apply", "--server-side", "-f", str(definitions / name))
    cluster.create(pod("before", BAD))
    values = {"enforce": ["kyverno"], "cluster": {"rules": RULES}}
    installed = InstalledChart(cluster, tmp_path_factory.mktemp("chart"), values)
    assert within(30, lambda: "clusterpolicies" in cluster.kubectl("api-resources", "--api-group=kyverno.io"))
    cluster.apply(POLICY, GENERATE)
    with installed.running() as found:
        yield found


def reports(cluster: RealCluster) -> dict[str, Any]:
    found = cluster.get("policyreports", "-n", "shop", "-l", "app.kubernetes.io/managed-by=assay")
    return {item["scope"]["name"]: item for item in found["items"]}


def test_what_ran_before_is_reported_on_and_its_report_goes_with_it(
    chart: InstalledChart, cluster: RealCluster
) -> None:
    assert within(60, lambda: "before" in reports(cluster)), chart.page("/healthz")
    found = reports(cluster)["before"]
    assert found["summary"]["fail"] == 1 and found["results"][0]["severity"] == "high"
    assert (
        found["metadata"]["ownerReferences"][0]["uid"] == cluster.get("pod", "before", "-n", "shop")["metadata"]["uid"]
    )
    assert "FAIL" in cluster.kubectl("get", "policyreports", "-n", "shop")
    cluster.kubectl("delete", "pod", "before", "-n", "shop", "--force", "--grace-period=0")
    assert within(60, lambda: "before" not in reports(cluster))  # Kubernetes' own garbage collector


def test_a_refusal_is_an_event_on_the_pod_and_on_the_policy(chart: InstalledChart, cluster: RealCluster) -> None:
    assert within(30, lambda: "evil.example" in cluster.create(pod("refused", BAD), code=None))

    def events(namespace: str) -> list[Any]:
        found = cluster.get("events", "-n", namespace)["items"]
        return [item for item in found if item["source"].get("component") == "assay-admission"]

    assert within(20, lambda: any(item["reason"] == "Denied" for item in events("shop")))
    assert within(20, lambda: any(item["involvedObject"]["kind"] == "AssayPolicy" for item in events("default")))
    assert "PolicyViolation" in cluster.kubectl("describe", "assaypolicy", "registries")


def test_what_is_generated_is_there_and_stays_as_it_should_be(chart: InstalledChart, cluster: RealCluster) -> None:
    def level(name: str) -> str:
        return cluster.kubectl("get", "configmap", "settings", "-n", name, "-o", "jsonpath={.data.level}", code=None)

    def generated() -> bool:
        name = f"fresh-{int(time.time())}"
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return within(5, lambda: level(name) == "1")

    assert within(60, generated), chart.page("/healthz")
    name = next(
        item["metadata"]["name"]
        for item in cluster.get("namespaces")["items"]
        if item["metadata"]["name"].startswith("fresh-") and level(item["metadata"]["name"]) == "1"
    )
    made = cluster.get("configmap", "settings", "-n", name)
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Namespace"
    cluster.kubectl("patch", "configmap", "settings", "-n", name, "-p", '{"data": {"level": "9"}}')
    cluster.kubectl("label", "namespace", name, "touched=yes")
    assert within(30, lambda: level(name) == "1")
    told = json.loads(chart.page("/healthz")[1]).get("warnings", [])
    assert not [text for text in told if "generated" in text], told
