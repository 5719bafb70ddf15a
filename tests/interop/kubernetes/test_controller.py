"""The controller in a real cluster: policies out of it, its webhooks' configuration and certificates, one that leads.

The account has the rights of the chart and no others: what it lacks would be told here.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.installed_chart import NAME, NAMESPACE, InstalledChart
from simulators.interop_policies import Object, pod
from simulators.processes import within
from simulators.real_cluster import RealCluster

pytestmark = pytest.mark.interop
GOOD, BAD = "allowed.example/app:1", "evil.example/app:1"


def assay_policy(name: str = "registries", registry: str = "allowed.example", **spec: Any) -> Object:
    spec = {"registries": [registry], "action": "enforce", "workloads": {"namespaces": ["shop"]}, **spec}
    return {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def chart(cluster: RealCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledChart]:
    installed = InstalledChart(cluster, tmp_path_factory.mktemp("chart"), {"enforce": ["kyverno"], "replicas": 2})
    with installed.running("--tls-overlap=3") as found:
        yield found


def tried(cluster: RealCluster, image: str) -> str:
    """What the API server says to a pod that is not kept."""
    return cluster.create(pod("tried", image), "--dry-run=server", code=None)


def warnings(chart: InstalledChart) -> list[str]:
    """What it complains of, but that no kind of reports is installed here."""
    found: list[str] = json.loads(chart.page("/healthz")[1]).get("warnings", [])
    return [text for text in found if "no definition of PolicyReport" not in text]


def condition(cluster: RealCluster, name: str) -> Object:
    status = cluster.get("assaypolicies", name).get("status", {})
    return next(iter(status.get("conditions", [])), {})


def hooks(cluster: RealCluster, kind: str = "validating") -> list[Object]:
    found: list[Object] = cluster.get(f"{kind}webhookconfiguration", NAME).get("webhooks", [])
    return found


def test_its_rights_are_enough(chart: InstalledChart) -> None:
    assert within(10, lambda: "assay_admission_leader 1" in chart.page("/metrics")[1])
    time.sleep(3)
    assert warnings(chart) == []


def test_a_policy_that_is_applied_is_in_force_and_says_so(cluster: RealCluster, chart: InstalledChart) -> None:
    assert "created" in tried(cluster, BAD)
    cluster.apply(assay_policy())
    assert within(10, lambda: "denied the request" in tried(cluster, BAD))
    assert "allowed.example" in tried(cluster, BAD)
    assert "created" in tried(cluster, GOOD)
    assert within(10, lambda: condition(cluster, "registries").get("status") == "True")
    (hook,) = (item for item in hooks(cluster) if item["name"] == "validate.admission.assay.dev")
    assert {name for rule in hook["rules"] for name in rule["resources"]} >= {"pods", "pods/ephemeralcontainers"}
    assert not [rule for rule in hook["rules"] if {"DELETE", "CONNECT"} & {*rule["operations"]}]


def test_a_policy_that_cannot_be_loaded_is_refused_by_the_api_server(
    cluster: RealCluster, chart: InstalledChart
) -> None:
    wrong = assay_policy("wrong", conditions=[{"expression": "1 +"}])
    told = cluster.apply(wrong, code=1)
    assert "policies.admission.assay.dev" in told
    assert "conditions" in told
    assert warnings(chart) == []


def test_policies_of_other_engines_come_with_their_definition(cluster: RealCluster, chart: InstalledChart) -> None:
    names = {"kind": "ClusterPolicy", "listKind": "ClusterPolicyList", "plural": "clusterpolicies"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "kyverno.io", "names": {**names, "singular": "clusterpolicy"}, "scope": "Cluster"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "clusterpolicies.kyverno.io"},
        "spec": {**spec, "versions": [version]},
    }
    cluster.apply(definition)
    cluster.kubectl("wait", "--for=condition=Established", "crd/clusterpolicies.kyverno.io", "--timeout=30s")
    rule = {
        "name": "owner",
        "match": {"any": [{"resources": {"kinds": ["ConfigMap"]}}]},
        "validate": {"message": "who owns it?", "pattern": {"metadata": {"labels": {"owner": "?*"}}}},
    }
    policy = {"validationFailureAction": "Enforce", "rules": [rule]}
    cluster.apply(
        {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "owner"}, "spec": policy}
    )
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tried", "namespace": "shop"}}
    assert within(20, lambda: "who owns it?" in cluster.create(item, "--dry-run=server", code=None))
    elsewhere = {**item, "metadata": {"name": "tried", "namespace": NAMESPACE}}
    assert "created" in cluster.create(elsewhere, "--dry-run=server"), "its own namespace is never blocked"
    cluster.kubectl("delete", "clusterpolicy", "owner")
    assert within(10, lambda: "created" in cluster.create(item, "--dry-run=server", code=None))


def test_policies_in_config_maps(cluster: RealCluster, chart: InstalledChart) -> None:
    labels = {"assay.dev/policies": "true"}
    meta = {"name": "more", "namespace": NAMESPACE, "labels": labels}
    data = {"more.json": json.dumps(assay_policy("second", "second.example"))}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
    assert within(10, lambda: "denied the request" in tried(cluster, GOOD))
    cluster.kubectl("delete", "configmap", "more", "-n", NAMESPACE)
    assert within(10, lambda: "created" in tried(cluster, GOOD))


def serials(cluster: RealCluster) -> set[str]:
    """The authority that issues, and what is served."""
    data = cluster.get("secret", f"{NAME}-tls", "-n", NAMESPACE)["data"]
    return {data["current.crt"], data["tls.crt"]}


def exchanged(cluster: RealCluster, annotation: str) -> None:
    """Ask for another authority, and wait until the one before is no longer trusted."""
    before = serials(cluster)
    cluster.kubectl("annotate", "secret", f"{NAME}-tls", "-n", NAMESPACE, "--overwrite", annotation)
    assert within(30, lambda: not before & serials(cluster))
    assert within(30, lambda: "old.crt" not in cluster.get("secret", f"{NAME}-tls", "-n", NAMESPACE)["data"])


def test_authority_and_certificate_are_exchanged_under_load_without_one_failed_call(
    cluster: RealCluster, chart: InstalledChart
) -> None:
    stop, calls, faults = threading.Event(), [0], list[str]()

    def call() -> None:
        while not stop.is_set():
            body = pod("tried", GOOD)
            try:
                cluster.request("POST", "/api/v1/namespaces/shop/pods?dryRun=All", body)
            except Exception as error:  # whatever it is, it was a call that failed
                faults.append(f"{error}: {getattr(getattr(error, 'response', None), 'text', '')}")
            calls[0] += 1

    threads = [threading.Thread(target=call, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2):
        exchanged(cluster, f"assay.dev/rotate={number}")
    stop.set()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert calls[0] > 100


def test_what_changes_while_the_api_server_is_away_is_in_force_afterwards(
    cluster: RealCluster, chart: InstalledChart
) -> None:
    cluster.stop("api")
    time.sleep(2)
    cluster.start_api()
    cluster.apply(assay_policy("third", "third.example"))
    assert within(20, lambda: "third.example" in tried(cluster, GOOD))
    cluster.kubectl("delete", "assaypolicy", "third")
    assert within(20, lambda: "created" in tried(cluster, GOOD))
    assert within(20, lambda: warnings(chart) == []), warnings(chart)


def test_the_configurations_go_with_the_release(cluster: RealCluster, chart: InstalledChart) -> None:
    assert hooks(cluster)
    cluster.kubectl("delete", "clusterrole", NAME)

    def gone(kind: str) -> bool:
        return "NotFound" in cluster.kubectl("get", f"{kind}webhookconfiguration", NAME, code=None)

    assert within(60, lambda: gone("validating") and gone("mutating"))
