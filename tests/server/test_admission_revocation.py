"""What is revoked while it runs: unchanged workloads scale on, whatever else is refused (`onRevocation`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from advisory_data import osv, store
from conformance.suite import folder
from server.test_admission_attacks import policy
from simulators import image as images_made
from simulators import pushed_layout
from simulators.cluster import SimulatedCluster
from simulators.cluster import serve as serve_cluster
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.postgres_server import postgres_server
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, running_admission

METADATA = b"Metadata-Version: 2.1\nName: badlib\nVersion: 1.0\n"
CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller"}


class Place:
    """A server with a cluster and a registry, where one image is signed and runs."""

    def __init__(self, served: RunningAdmission, cluster: SimulatedCluster, registry: Registry, policies: Path) -> None:
        self.served, self.cluster, self.registry, self._policies = served, cluster, registry, policies
        self.image = f"{registry.host}/app:old-key"

    def revoke(self, more: str = "") -> None:
        """The key that signed is trusted no longer."""
        other = (folder("cosign") / "keys" / "imp-ed.pub").read_text().strip()
        good = (folder("cosign") / "keys" / "empty.pub").read_text().strip()
        indent = "\n" + " " * 10
        text = policy(self.registry.host) + more
        self._policies.write_text(text.replace(good.replace("\n", indent), other.replace("\n", indent)))

    def replicas(self, item: dict[str, Any], name: str = "app") -> dict[str, Any]:
        """The ReplicaSet of a Deployment, both in the cluster."""
        uid = self.cluster.put(item)["metadata"]["uid"]
        above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid, "controller": True}
        about = {**item["metadata"], "name": f"{name}-1", "ownerReferences": [above]}
        return dict(self.cluster.put({**item, "kind": "ReplicaSet", "metadata": about}))

    def of(self, replicas: dict[str, Any], image: str) -> dict[str, Any]:
        """A pod of it."""
        about = replicas["metadata"]
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
        owner |= {"name": about["name"], "uid": about["uid"]}
        return pod(image, name=f"{about['name']}-x", ownerReferences=[owner])

    def allows(self, item: dict[str, Any], **request: Any) -> bool:
        return bool(self.served.review(item, **request)["allowed"])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    policies = tmp_path / "p.yaml"
    with serve(Registry()) as registry, serve_cluster(SimulatedCluster()) as cluster:
        pushed_layout.push_signed_and_not(registry)
        policies.write_text(policy(registry.host))
        flags = ("--kubeconfig", kubeconfig(tmp_path, cluster.url), "--background-scan", "0")
        with running_admission(tmp_path, "--policies", policies, *flags) as served:
            yield Place(served, cluster, registry, policies)


def test_a_revocation_stops_no_scale_up_and_lets_nothing_new_in(place: Place) -> None:
    made = deployment(place.image)
    assert place.allows(made, name="app")
    replicas = place.replicas(made)
    assert place.allows(place.of(replicas, place.image), userInfo=CONTROLLER)
    place.revoke()
    assert within(PATIENCE, lambda: not place.allows(deployment(place.image, name="new"), name="new"))
    scaled = {**made, "spec": {**made["spec"], "replicas": 5}}
    assert place.allows(scaled, name="app", operation="UPDATE", oldObject=made)
    assert place.allows(place.of(replicas, place.image), userInfo=CONTROLLER)
    # The same pod by somebody else, with another image, or of a controller that is not there under that uid.
    assert not place.allows(place.of(replicas, place.image))
    assert not place.allows(place.of(replicas, f"{place.registry.host}/app:unsigned"), userInfo=CONTROLLER)
    forged = {**replicas, "metadata": {**replicas["metadata"], "uid": "forged"}}
    assert not place.allows(place.of(forged, place.image), userInfo=CONTROLLER)
    changed = deployment(f"{place.registry.host}/app:unsigned")
    assert not place.allows(changed, name="app", operation="UPDATE", oldObject=made)


def test_a_tag_of_a_template_is_resolved_again(place: Place) -> None:
    made = deployment(place.image)
    assert place.allows(made, name="app")
    replicas = place.replicas(made)
    place.registry.manifests["old-key"] = place.registry.manifests["unsigned"]
    assert not place.allows(place.of(replicas, place.image), userInfo=CONTROLLER)


def test_what_never_was_admitted_is_not_spared(place: Place) -> None:
    """A template that is in the cluster for whatever reason (the webhook was away) opens no way in."""
    bad = f"{place.registry.host}/app:unsigned"
    replicas = place.replicas(deployment(bad))
    assert not place.allows(place.of(replicas, bad), userInfo=CONTROLLER)


def test_a_policy_may_refuse_what_is_revoked(place: Place) -> None:
    made = deployment(place.image)
    assert place.allows(made, name="app")
    replicas = place.replicas(made)
    place.revoke("  onRevocation: deny\n")
    assert within(PATIENCE, lambda: not place.allows(place.of(replicas, place.image), userInfo=CONTROLLER))
    scaled = {**made, "spec": {**made["spec"], "replicas": 5}}
    assert not place.allows(scaled, name="app", operation="UPDATE", oldObject=made)


KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.11.22",
    "dateReleased": "2026-11-22T00:00:00Z",
    "count": 1,
    "vulnerabilities": [
        {
            "cveID": "CVE-2026-1",
            "vendorProject": "Bad",
            "product": "lib",
            "vulnerabilityName": "Bad lib",
            "dateAdded": "2026-11-22",
            "shortDescription": "It is bad.",
            "requiredAction": "Update it.",
            "dueDate": "2026-12-13",
            "knownRansomwareCampaignUse": "Unknown",
            "notes": "",
            "cwes": [],
        }
    ],
}
OWN_SCAN = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: exploited}
spec:
  vulnerabilities: {from: own-scan, deny: [kev]}
  action: enforce
"""


def test_a_new_kev_entry_is_in_force_on_both_replicas_and_stops_no_scale_up(tmp_path: Path) -> None:
    members: images_made.Members = {"usr/lib/python3/dist-packages/badlib-1.0.dist-info/METADATA": METADATA}
    layout = images_made.layout(tmp_path / "layout", [members])
    record = osv("CVE-2026-1", "PyPI", "badlib", ("introduced", "0"), ("fixed", "2.0"))
    (tmp_path / "p.yaml").write_text(OWN_SCAN)
    with ExitStack() as stack:
        registry = stack.enter_context(serve(Registry()))
        registry.add_layout(layout, "v1")
        cluster = stack.enter_context(serve_cluster(SimulatedCluster()))
        database = stack.enter_context(postgres_server()).common
        config = kubeconfig(tmp_path, cluster.url)
        words: list[str | Path] = ["--policies", tmp_path / "p.yaml", "--kubeconfig", config, "--database", database]
        places = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            store(tmp_path / name / "data" / "advisories", {"pypa": [record]})
            served = stack.enter_context(running_admission(tmp_path / name, *words, "--background-scan", "0"))
            places.append(Place(served, cluster, registry, tmp_path / "p.yaml"))
        image = f"{registry.host}/team/app:v1"
        made = deployment(image)
        assert all(place.allows(made, name="app") for place in places)
        replicas = places[0].replicas(made)
        for name in ("a", "b"):
            folder_of = tmp_path / name / "data" / "advisories"
            store(folder_of, {"pypa": [record], "kev": json.dumps(KEV).encode()}, "2026-11-23")
        new = deployment(image, name="new")
        assert within(PATIENCE, lambda: not any(place.allows(new, name="new") for place in places))
        scaled = {**made, "spec": {**made["spec"], "replicas": 5}}
        for place in places:
            assert place.allows(scaled, name="app", operation="UPDATE", oldObject=made)
            assert place.allows(place.of(replicas, image), userInfo=CONTROLLER)
            assert not place.allows(place.of(replicas, image))
