"""The background scan against a cluster: which kinds, which reports, what fails and stays, who leads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster
from assay.app import scanned_kinds
from assay.app.admission import Controller, Setting
from assay.app.background_scan import BackgroundScan, ScanSetting
from assay.app.policy_reports import PolicyReports
from assay.errors import ExternalError, UsageError
from assay.formats import manifest
from conformance.suite import folder
from server.test_admission_attacks import policy as signed_policy
from simulators import pushed_layout
from simulators.cluster import SimulatedCluster, serve
from simulators.cluster_kinds import Kinds
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.registry import Registry
from simulators.registry import serve as registry_server

Object = dict[str, Any]
TEMPLATE = """
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: denyall}
spec:
  crd: {spec: {names: {kind: DenyAll}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package denyall
        violation[{"msg": "denied"}] { true }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: DenyAll
metadata: {name: audited}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Service]}]}
  enforcementAction: scoped
  scopedEnforcementActions: [{action: warn, enforcementPoints: [{name: audit.gatekeeper.sh}]}]
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: DenyAll
metadata: {name: at-the-webhook}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Service]}]}
  enforcementAction: scoped
  scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}]
---
"""
POLICIES = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec: {registries: [allowed.example], action: enforce}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: only-in-background}
spec:
  admission: false
  rules:
    - name: owner
      match: {any: [{resources: {kinds: [Namespace]}}]}
      validate: {message: owner is missing, pattern: {metadata: {labels: {owner: "?*"}}}}
"""


@dataclass
class Lead:
    is_leader: bool = True


@pytest.fixture
def simulated() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
        found.put(pod("evil.example/app:1", name="bad"))
        found.put(deployment("allowed.example/app:1", name="good"))
        yield found


class Scanning:
    """A controller beside the cluster, and scans of it."""

    def __init__(self, place: Path, simulated: SimulatedCluster) -> None:
        self.place, self.simulated, self.lead = place, simulated, Lead()
        (place / "policies").mkdir()
        self.cluster = Cluster(access.kubeconfig(kubeconfig(place, simulated.url)))
        self.write(POLICIES)
        self.controller = Controller(
            Setting((place / "policies",), place / "data", lambda: None, cluster=self.cluster)  # type: ignore[arg-type, return-value]
        )
        self.controller.load()

    def write(self, text: str) -> None:
        (self.place / "policies" / "all.yaml").write_text(text)

    def scan(self, choice: str = "auto", **more: Any) -> BackgroundScan:
        self.controller.reload()
        reports = PolicyReports(self.cluster, choice, lambda: datetime.now(UTC))
        found = BackgroundScan(self.controller, ScanSetting(self.cluster, self.lead, **more), reports)
        found.scan()
        return found

    def reports(self, kind: str = "PolicyReport") -> dict[str, Object]:
        return {item["scope"]["name"]: item for item in list(self.simulated.objects.values()) if item["kind"] == kind}

    def writes(self) -> int:
        return sum(line.startswith(("PATCH", "DELETE", "POST", "PUT")) for line in self.simulated.requests)


@pytest.fixture
def scanning(tmp_path: Path, simulated: SimulatedCluster) -> Iterator[Scanning]:
    found = Scanning(tmp_path, simulated)
    yield found
    found.controller.close()


def test_both_forms_are_written_once(scanning: Scanning) -> None:
    scanning.scan()
    assert set(scanning.reports()) == set(scanning.reports("Report")) == {"bad", "good"}
    assert set(scanning.reports("ClusterPolicyReport")) == set(scanning.reports("ClusterReport")) == {"shop"}
    (result,) = scanning.reports("ClusterPolicyReport")["shop"]["results"]
    assert (result["policy"], result["result"], result["message"]) == (
        "only-in-background",
        "fail",
        "validation error: owner is missing. rule owner failed at path /metadata/labels/",
    )
    before = scanning.writes()
    again = scanning.scan()
    assert scanning.writes() == before and again.last.objects == 3
    assert again.last.results == {"fail": 2, "pass": 1}


def test_one_form_that_is_asked_for(scanning: Scanning) -> None:
    scanning.scan("openreports")
    assert scanning.reports("Report") and not scanning.reports()
    with pytest.raises(UsageError, match="no such API"):
        scanning.scan("both")


def test_without_definitions_it_is_told_and_nothing_written(scanning: Scanning) -> None:
    scanning.simulated.kinds = Kinds.all(without=("wgpolicyk8s.io", "openreports.io"))
    scanning.cluster.forget()
    found = scanning.scan()
    assert "the cluster has no definition of PolicyReport" in found.complaints["policy reports"]
    assert scanning.writes() == 0 and found.last.results["fail"] == 2


def test_what_is_mended_deleted_or_no_longer_asked_goes(scanning: Scanning) -> None:
    scanning.scan()
    scanning.simulated.delete("pods", "shop", "bad")
    scanning.write(POLICIES.replace("kinds: [Namespace]", "kinds: [Secret]"))
    scanning.scan()
    assert set(scanning.reports()) == {"good"} and not scanning.reports("ClusterPolicyReport")


def test_reports_of_others_are_not_touched(scanning: Scanning) -> None:
    theirs = {"name": "487df031", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "kyverno"}}
    scope = {"apiVersion": "v1", "kind": "Pod", "name": "theirs"}
    kind = {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport"}
    scanning.simulated.put({**kind, "metadata": theirs, "scope": scope})
    scanning.scan()
    assert "theirs" in scanning.reports()


def test_a_kind_that_cannot_be_listed_keeps_its_reports(scanning: Scanning, monkeypatch: pytest.MonkeyPatch) -> None:
    scanning.scan()
    pages = scanning.cluster.pages

    def refused(kind: Any, namespace: str = "", labels: str = "") -> Iterator[Object]:
        if kind.kind == "Pod":
            raise ExternalError("the cluster answered 403 for /api/v1/pods: forbidden", "give the right")
        return pages(kind, namespace, labels)

    monkeypatch.setattr(scanning.cluster, "pages", refused)
    found = scanning.scan()
    assert "bad" in scanning.reports() and "403" in found.complaints["scan"]


def test_who_does_not_lead_removes_nothing(scanning: Scanning) -> None:
    scanning.scan()
    scanning.simulated.delete("pods", "shop", "bad")
    scanning.lead.is_leader = False
    assert scanning.scan().scans == 0
    assert "bad" in scanning.reports()


def test_constraints_are_asked_at_the_audit_point(scanning: Scanning) -> None:
    scanning.write(TEMPLATE)
    scanning.simulated.put({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}})
    scanning.scan()
    assert [result["policy"] for result in scanning.reports()["web"]["results"]] == ["DenyAll/audited"]


def test_a_thousand_pods_are_read_page_by_page(scanning: Scanning) -> None:
    for number in range(1200):
        scanning.simulated.put(pod("allowed.example/app:1", name=f"p{number}"))
    scanning.simulated.requests.clear()
    assert scanning.scan("none").last.objects == 1203
    assert sum(line.startswith("GET /api/v1/pods?limit=500") for line in scanning.simulated.requests) == 3


def test_kinds_are_those_of_the_policies(scanning: Scanning) -> None:
    def kinds(text: str) -> set[str]:
        return {kind.kind for kind in scanned_kinds.of(list(manifest.read(text.encode(), "p")), scanning.cluster)}

    rules = "kind: ValidatingPolicy\nmetadata: {name: v}\nspec: {matchConstraints: {resourceRules: [%s]}}"
    cel = "apiVersion: policies.kyverno.io/v1\n" + rules
    assert kinds(cel % "{apiGroups: [networking.k8s.io], resources: [ingresses, ingresses/status]}") == {"Ingress"}
    assert kinds(cel % "{apiGroups: [cert-manager.io], resources: ['*']}") == {"Certificate", "Issuer"}
    everything = kinds(cel % "{apiGroups: ['*'], resources: ['*']}")
    assert {"Pod", "Role", "ConfigMap"} <= everything and not everything & {"Secret", "Event", "Endpoints", "Lease"}
    assert kinds(cel % "{apiGroups: [''], resources: [secrets]}") == {"Secret"}
    workloads = {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
    assert kinds("apiVersion: assay.dev/v1alpha1\nkind: AssayPolicy\nmetadata: {name: a}\nspec: {}") == workloads
    assert kinds(TEMPLATE) == {"Service"}


def test_it_is_due_by_time_and_when_policies_or_advisories_change(scanning: Scanning, tmp_path: Path) -> None:
    advisories = tmp_path / "advisories"
    advisories.mkdir()
    scan = scanning.scan("none", every=3600, soonest=0, advisories=advisories)
    assert scan._is_due() and not scan._is_due()
    (advisories / "kev").write_text("a new entry")
    assert scan._is_due() and not scan._is_due()
    scanning.write(POLICIES.replace("allowed", "other"))
    scanning.controller.reload()
    assert scan._is_due() and not scan._is_due()
    scan._due = 0
    assert scan._is_due()
    hasty = scanning.scan("none", every=3600, soonest=60, advisories=advisories)
    assert hasty._is_due()
    (advisories / "more").write_text("another")
    assert not hasty._is_due()


def test_what_a_pod_runs_counts_and_not_where_its_tag_leads_today(tmp_path: Path, simulated: SimulatedCluster) -> None:
    with registry_server(Registry()) as registry:
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{registry.host}/app")
        signed = f"sha256:{hashlib.sha256(registry.manifests['v1'][1]).hexdigest()}"
        pushed_layout.push(folder("cosign") / "images" / "unsigned", f"{registry.host}/app")
        item = pod(f"{registry.host}/app:v1", name="elder")
        status = {"containerStatuses": [{"name": "c0", "imageID": f"{registry.host}/app@{signed}"}, {"name": "odd"}]}
        simulated.put({**item, "status": status})
        simulated.put({**item, "metadata": {"name": "younger", "namespace": "shop"}})
        found = Scanning(tmp_path, simulated)
        found.write(signed_policy(registry.host))
        try:
            found.scan()
        finally:
            found.controller.close()
        assert found.reports()["elder"]["summary"]["pass"] == 1, found.reports()["elder"]
        assert found.reports()["younger"]["summary"]["fail"] == 1
