"""What the controller tells besides its answers: evidence, recorded requests, events, reports of what runs, figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.adapters import recorded_admissions
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.processes import PATIENCE, within
from simulators.running_admission import RunningAdmission, decisions, running_admission

DIGEST = "sha256:" + "ab" * 32
BAD, GOOD = f"evil.example/app:1@{DIGEST}", f"allowed.example/app:1@{DIGEST}"
POLICIES = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries, annotations: {assay.dev/severity: high, assay.dev/category: Images}}
spec: {registries: [allowed.example], action: enforce}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels, annotations: {policies.kyverno.io/scored: "false"}}
spec:
  background: true
  rules:
    - name: app
      match: {any: [{resources: {kinds: [ConfigMap]}}]}
      validate: {message: app is missing, pattern: {metadata: {labels: {app: "?*"}}}}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: at-admission-only}
spec:
  background: false
  rules:
    - name: never
      match: {any: [{resources: {kinds: [ConfigMap]}}]}
      validate: {message: never, deny: {}}
"""
Object = dict[str, Any]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        for name in ("shop", "kube-system"):
            found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        found.put(deployment(BAD, name="old"))
        found.put(deployment(GOOD, name="good"))
        found.put(deployment(BAD, name="system", namespace="kube-system"))
        found.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "namespace": "shop"}})
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("telling")


@pytest.fixture(scope="module")
def served(cluster: SimulatedCluster, place: Path) -> Iterator[RunningAdmission]:
    (place / "policies.yaml").write_text(POLICIES)
    config = kubeconfig(place, cluster.url)
    flags = ("--policies", place / "policies.yaml", "--kubeconfig", config, "--decision-log", place / "decisions.jsonl")
    with running_admission(place, *flags) as found:
        yield found


def until(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `look` sees as soon as it sees something."""
    seen: list[Any] = []

    def found() -> bool:
        seen[:] = [look()]
        return bool(seen[0])

    assert within(seconds, found)
    return seen[0]


def objects(cluster: SimulatedCluster, kind: str) -> list[Object]:
    with cluster.changed:
        return [item for item in cluster.objects.values() if item["kind"] == kind]


def report_on(cluster: SimulatedCluster, name: str) -> Object | None:
    return next((item for item in objects(cluster, "PolicyReport") if item["scope"]["name"] == name), None)


def assay(place: Path, *words: str) -> str:
    environment = {**os.environ, "ASSAY_DATA_DIR": str(place / "data")}
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300).stdout


def test_what_runs_is_reported_on(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    report = until(lambda: report_on(cluster, "old"))
    assert report["summary"] == {"pass": 0, "fail": 1, "warn": 0, "error": 0, "skip": 0}
    (result,) = report["results"]
    assert (result["policy"], result["rule"], result["result"]) == ("AssayPolicy/registries", "registries", "fail")
    assert (result["source"], result["severity"], result["category"]) == ("assay", "high", "Images")
    assert result["properties"]["wanted"] == "one from allowed.example"
    assert abs(result["timestamp"]["seconds"] - datetime.now(UTC).timestamp()) < 120
    (owner,) = report["metadata"]["ownerReferences"]
    assert owner["uid"] == report["scope"]["uid"] and report["metadata"]["name"] == f"assay-{owner['uid']}"
    assert until(lambda: report_on(cluster, "good"))["summary"]["pass"] == 1


def test_policies_say_whether_they_are_asked_in_the_background(
    served: RunningAdmission, cluster: SimulatedCluster
) -> None:
    report = until(lambda: report_on(cluster, "plain"))
    (result,) = report["results"]
    assert (result["policy"], result["result"], result["scored"]) == ("labels", "warn", False)


def test_namespaces_of_the_system_are_left_alone(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    until(lambda: report_on(cluster, "plain"))
    assert report_on(cluster, "system") is None


def test_decisions_are_evidence(served: RunningAdmission, place: Path) -> None:
    answer = served.review(pod(BAD, name="kept"), uid="11111111-0000-0000-0000-000000000001")
    assert not answer["allowed"]
    served.review(pod(BAD, name="dry"), uid="11111111-0000-0000-0000-000000000002", dryRun=True)

    def listed() -> list[Object]:
        found: list[Object] = json.loads(assay(place, "evidence", "list", "--kind", "admission-decision", "--json"))
        return [entry for entry in found if "kept" in entry["name"]]

    (entry,) = until(listed)
    assert entry["subject"] == DIGEST
    document = json.loads(assay(place, "evidence", "show", entry["digest"]))
    assert document["uid"].endswith("1") and document["action"] == "deny" and document["user"] == "dev@org.example"
    failed = [item for item in document["results"] if item["outcome"] == "fail"]
    assert failed[0]["details"]["wanted"] == "one from allowed.example"
    assert "dry" not in assay(place, "evidence", "list", "--json")


def test_a_decision_about_no_image_is_evidence_of_its_workload(served: RunningAdmission, place: Path) -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}
    served.review(item)
    names = until(lambda: [line for line in assay(place, "evidence", "list").splitlines() if "settings" in line])
    assert "shop/ConfigMap/settings" in names[0]


def test_requests_are_recorded_without_secrets(served: RunningAdmission, place: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": "shop", "managedFields": [{"manager": "kubectl"}]},
        "data": {"password": "aHVudGVyMg=="},
    }
    served.review(secret)

    def found() -> list[Any]:
        damaged: list[str] = []
        kept = list(recorded_admissions.read(place / "data" / "admission" / "requests", damaged.append))
        return [one for one in kept if one.request.kind.kind == "Secret" and not damaged]

    (one,) = until(found)
    assert one.request.object["data"] == {"password": ""}
    assert "managedFields" not in one.request.object["metadata"]
    assert one.request.user.username == "dev@org.example" and one.action == "allow"


def test_the_decision_log_says_why(served: RunningAdmission, place: Path) -> None:
    uid = "11111111-0000-0000-0000-000000000003"
    served.review(pod(BAD, name="logged"), uid=uid)

    def line() -> Object | None:
        return next((found for found in decisions(place / "decisions.jsonl") if found["uid"] == uid), None)

    entry = until(line)
    assert entry["images"] == {BAD: DIGEST}
    (failed,) = [item for item in entry["results"] if item["outcome"] == "fail"]
    assert failed["policy"] == "AssayPolicy/registries" and failed["details"]["found"] and failed["details"]["wanted"]


def test_events_are_on_the_object_and_on_the_policy(served: RunningAdmission, cluster: SimulatedCluster) -> None:
    for _ in range(3):
        served.review(pod(BAD, name="told"))

    def events() -> list[Object]:
        return [item for item in objects(cluster, "Event") if "told" in json.dumps(item)]

    on_pod, on_policy = sorted(
        until(lambda: found if len(found := events()) == 2 else None),
        key=lambda event: event["involvedObject"]["kind"] != "Pod",
    )
    assert (on_pod["reason"], on_pod["type"], on_pod["metadata"]["namespace"]) == ("Denied", "Warning", "shop")
    assert "evil.example" in on_pod["message"]
    assert on_policy["involvedObject"]["name"] == "registries" and on_policy["metadata"]["namespace"] == "default"
    assert on_policy["reason"] == "PolicyViolation" and "denied" in on_policy["message"]


def test_what_goes_and_what_is_mended_is_reported_no_more(
    served: RunningAdmission, cluster: SimulatedCluster, place: Path
) -> None:
    until(lambda: report_on(cluster, "good"))
    cluster.put(deployment(GOOD, name="old"))
    cluster.delete("deployments", "shop", "good")
    (place / "policies.yaml").write_text(POLICIES.replace("category: Images", "category: Sources"))

    def passes() -> Object | None:
        found = report_on(cluster, "old")
        return found if found is not None and found["summary"]["pass"] else None

    mended = until(passes)
    assert mended["results"][0]["category"] == "Sources"
    until(lambda: report_on(cluster, "good") is None)


def test_figures(served: RunningAdmission) -> None:
    served.review(pod(BAD, name="counted"))

    def figure(name: str) -> float:
        (line,) = [line for line in served.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
        return float(line.split()[1])

    for name in ("assay_scans_total", "assay_reports_written_total", "assay_evidence_recorded_total"):
        until(partial(figure, name))
    page = served.get("/metrics").text
    assert 'assay_scan_results{outcome="fail"}' in page
    assert "assay_admission_leader 1" in page
    assert "assay_evidence_dropped_total 0" in page
