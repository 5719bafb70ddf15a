"""The webhooks over HTTPS: recorded reviews are answered as they were asked, and nothing ends the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.suite import folder, lines
from simulators.running_admission import RunningAdmission, patch, pod, review, running_admission

POLICIES = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec:
  registries: [registry.example, docker.io/library]
  conditions: [{expression: "!has(object.metadata.labels) || !('forbidden' in object.metadata.labels)"}]
  action: enforce
---
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: broken}
spec: {registriez: [registry.example]}
---
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: digests}
spec: {digests: {require: true}, action: warn}
---
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: beside}
spec: {images: [{glob: "**"}], authorities: [{static: {action: fail}}]}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAdmission]:
    place = tmp_path_factory.mktemp("admission")
    (place / "policies.yaml").write_text(POLICIES)
    log = place / "decisions.jsonl"
    with running_admission(place, "--policies", place / "policies.yaml", "--decision-log", log) as found:
        yield found


def wrapped(row: dict[str, Any]) -> dict[str, Any]:
    """The review of a row; a bare request gets one around it."""
    document: dict[str, Any] = json.loads((folder("admission-reviews") / row["file"]).read_bytes())
    if row["form"] == "review":
        return document
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": document}


@pytest.mark.parametrize("path", ["/validate", "/mutate"])
def test_every_recorded_review_is_answered_with_its_uid_and_version(served: RunningAdmission, path: str) -> None:
    rows = lines(folder("admission-reviews") / "index.jsonl")
    for row in rows:
        asked = wrapped(row)
        answer = served.send(path, json.dumps(asked).encode())
        assert answer.status_code == 200, (row["file"], answer.text)
        found = answer.json()
        assert found["kind"] == "AdmissionReview"
        assert found["apiVersion"] == asked["apiVersion"], row["file"]
        assert found["response"]["uid"] == asked["request"].get("uid", ""), row["file"]
        assert isinstance(found["response"]["allowed"], bool)
        if not found["response"]["allowed"]:
            assert found["response"]["status"]["message"], row["file"]
    assert len(rows) > 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a": ' * 5000,
        b"\xff\xfe\x00",
        b'{"kind": "AdmissionReview"}',
        b'{"kind": "AdmissionReview", "request": []}',
        b'{"kind": "AdmissionReview", "request": {"uid": 7}}',
        b'{"kind": "AdmissionReview", "request": {"uid": "u", "operation": "EAT"}}',
        b'{"kind": "AdmissionReview", "request": {"uid": "u", "operation": "CREATE", "object": "x"}}',
        json.dumps(review({**pod("a"), "spec": []})).encode(),
        json.dumps(review({**pod("a"), "spec": {"containers": {"image": "a"}}})).encode(),
        json.dumps(review({**pod("a"), "metadata": {"labels": 7, "ownerReferences": {}}})).encode(),
        json.dumps(review({**pod("a"), "spec": {"containers": [7, None, {"image": 7}]}})).encode(),
        json.dumps(review(pod(*[f"registry.example/a{number}:1" for number in range(600)]))).encode(),
    ],
)
def test_what_is_no_review_is_answered_and_never_ends_the_server(served: RunningAdmission, body: bytes) -> None:
    answer = served.send("/validate", body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["response"]["allowed"] in (True, False)
    assert served.get("/healthz").status_code == 200


def test_a_body_that_is_too_large_is_refused(served: RunningAdmission) -> None:
    assert served.send("/validate", b"[" + b" " * (17 << 20)).status_code == 400
    assert served.get("/readyz").status_code == 200


def test_reasons_warnings_and_audit_annotations_are_there(served: RunningAdmission) -> None:
    denied = served.review(pod("evil.example/app:1"))
    assert denied["allowed"] is False
    assert "the image comes from evil.example" in denied["status"]["message"]
    assert denied["warnings"][0].startswith("evil.example/app:1: the image is named by its tag 1")
    assert "AssayPolicy-registries.registries" in denied["auditAnnotations"]
    beside = denied["auditAnnotations"]["ClusterImagePolicy-beside.authorities"]
    assert beside.startswith("fail (audit)")  # policies of other engines only report unless they are enforced
    allowed = served.review(pod("registry.example/app:1"))
    assert allowed["allowed"] is True
    assert allowed["warnings"]
    assert patch(served.review(pod("registry.example/app:1"), "/mutate")) == []


def test_a_policy_that_cannot_be_loaded_is_told_and_the_others_are_in_force(served: RunningAdmission) -> None:
    told = served.get("/healthz").json()["warnings"]
    assert any("policies.yaml:9" in item and "registriez is not known" in item for item in told)


def test_metrics_and_decisions_are_written(served: RunningAdmission) -> None:
    served.review(pod("evil.example/app:1"))
    page = served.get("/metrics").text
    assert "assay_admission_policies 3" in page
    assert "assay_admission_problems 1" in page
    assert 'assay_admission_reviews_total{action="deny",webhook="validate"}' in page
    assert 'assay_admission_seconds_bucket{webhook="validate",le="+Inf"}' in page


def test_gatekeeper_is_answered_about_images(served: RunningAdmission) -> None:
    keys = ["registry.example/app@sha256:" + "0" * 64, "evil.example/app:1", "NO REFERENCE"]
    asked = {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": {"keys": keys}}
    answer = served.send("/provider", json.dumps(asked).encode()).json()
    assert answer["kind"] == "ProviderResponse"
    items = answer["response"]["items"]
    assert [item["key"] for item in items] == keys
    assert items[0] == {"key": keys[0], "value": keys[0], "error": ""}
    assert "the image comes from evil.example" in items[1]["error"]
    assert "is no image reference" in items[2]["error"]
    wrong = served.send("/provider", b'{"kind": "Other"}').json()
    assert "not a ProviderRequest" in wrong["response"]["systemError"]
