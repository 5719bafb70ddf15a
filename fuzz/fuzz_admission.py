"""What the admission controller reads: reviews, policies of ours and policy-controller's, provider requests, scans.

The first byte picks the reader.
"""

from __future__ import annotations

import contextlib

from assay.app import own_policies
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.formats import admission_review, attested_scan, external_data, json, json_bytes, json_patch, manifest

_POLICY = b"""{"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "a"}, "spec":
 {"registries": ["a.example"], "images": {"include": ["**"], "exclude": ["x/*"]}, "digests": {"require": true},
  "workloads": {"selector": {"matchLabels": {"a": "b"}}, "namespaces": ["a*"]}, "action": "enforce",
  "rollout": {"auditUntil": "2026-01-01", "grace": "30d", "stages": [{"percent": 10, "namespaces": ["b"]}]}}}"""
_CIP = b"""{"apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy", "metadata": {"name": "a"},
 "spec":
 {"images": [{"glob": "**"}], "authorities": [{"static": {"action": "fail"}}], "mode": "warn",
  "match": [{"group": "", "version": "v1", "resource": "pods"}]}}"""
_REVIEW = b"""{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1", "operation":
 "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "a", "userInfo": {"username": "u"},
 "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"a": "b"}, "ownerReferences": []},
 "spec": {"containers": [{"name": "c", "image": "a.example/b:1"}], "volumes": [{"image": {"reference": "x"}}]}}}}"""
_SCAN = b"""{"scanner": {"uri": "x", "db": {"lastUpdate": "2026"}, "result": {"SchemaVersion": 2, "Results":
 [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "HIGH"}]}]}},
 "metadata": {"scanFinishedOn": "2026-01-01T0Z"}}"""
_ASKED = b'{"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": {"keys": ["a"]}}'
SEEDS: list[bytes] = [
    b"\x00" + _REVIEW,
    b"\x01" + _POLICY,
    b"\x01" + _CIP,
    b"\x02" + _SCAN,
    b"\x03" + _ASKED,
    b'\x04[{"a": [1, 2]}, {"a": [1], "b": {}}]',
]
_LOADED = own_policies.of_manifests([item for data in (_POLICY, _CIP) for item in manifest.read(data, "seed.json")])


def run(data: bytes) -> None:
    if not data:
        return
    with contextlib.suppress(AssayError):
        _READERS[data[0] % len(_READERS)](data[1:])


def _review(data: bytes) -> None:
    value = json.load_object(data)
    request = admission_review.request(value)
    decision = deciding.whole(_LOADED.policies, request, World())
    assert "a fault of assay" not in decision.message, decision.message
    json_bytes.encode(admission_review.answer(value, request.uid, decision, request.object))


def _policies(data: bytes) -> None:
    request = admission_review.request(json.load_object(_REVIEW))
    loaded = own_policies.of_manifests(manifest.read(data, "fuzz.yaml"))
    decision = deciding.whole(loaded.policies, request, World())
    assert "a fault of assay" not in decision.message, decision.message


def _scan(data: bytes) -> None:
    attested_scan.read(json.load_object(data))


def _asked(data: bytes) -> None:
    value = json.load_object(data)
    external_data.answer(value, [external_data.Item(key) for key in external_data.keys(value)])


def _patch(data: bytes) -> None:
    value = json.load(data)
    if isinstance(value, list) and len(value) == 2:
        json_patch.diff(value[0], value[1])


_READERS = (_review, _policies, _scan, _asked, _patch)
