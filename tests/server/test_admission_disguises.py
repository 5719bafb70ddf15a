"""Unsigned images in disguise: odd references, odd places in the object, odd requests; and what is answered to each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.suite import folder
from simulators import pushed_layout
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, pod, review, running_admission

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {{name: signed}}
spec:
  signers:
    release:
      keys:
        - |
{key}
      trust: {{ignoreLog: true}}
  signedBy: [release]
  action: enforce
"""
BROKEN = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: broken}
spec:
  rules:
    - name: r
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {cel: {expressions: [{expression: "object.spec.(", message: m}]}}
"""


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push_signed_and_not(found)
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disguises")


@pytest.fixture(scope="module")
def served(place: Path, registry: Registry) -> Iterator[RunningAdmission]:
    key = (folder("cosign") / "keys" / "empty.pub").read_text().strip()
    policy = POLICY.format(key="\n".join(f"          {line}" for line in key.splitlines()))
    (place / "signed.yaml").write_text(policy)
    (place / "broken.yaml").write_text(BROKEN)
    flags = ("--policies", place / "signed.yaml", "--policies", place / "broken.yaml", "--enforce", "kyverno")
    with running_admission(place, *flags) as found:
        yield found


@pytest.mark.parametrize(
    "text",
    [
        "{host}/app:unsigned",
        "{host}/app:unsigned ",
        " {host}/app:unsigned",
        "{host}/app:unsigned\n",
        "{host}/app:unsigned\u200b",
        "{host}/\u0430pp:old-key",
        "{host}/app:old\u2010key",
        "{host}/app:\uff4fld-key",
        "{host}/./app:unsigned",
        "{host}/x/../app:unsigned",
        "{host}/app:unsigned?x=old-key",
        "{host}/app:unsigned#old-key",
        "{host}/app%3Aold-key",
        "user@{host}/app:unsigned",
        "http://{host}/app:unsigned",
        "docker://{host}/app:unsigned",
        "{host}/app@{unsigned}",
        "{host}/app:old-key@{unsigned}",
        "{host}/app@{UNSIGNED}",
        "{host}/app@sha256:",
        "{host}/app@{signed}@{unsigned}",
        "{host}/app@sha512:" + "0" * 128,
        "@{signed}",
        ":old-key",
        "{signed}",
        "x" * 5000,
        "\u0000",
        "\ud800",
    ],
)
def test_no_spelling_lets_an_unsigned_image_in(served: RunningAdmission, registry: Registry, text: str) -> None:
    unsigned, signed = (_digest(registry, name) for name in ("unsigned", "old-key"))
    names = {"host": registry.host, "unsigned": unsigned, "signed": signed, "UNSIGNED": unsigned.upper()}
    found = served.review(pod(text.format(**names)))
    assert not found["allowed"]
    assert "signed" in found["status"]["message"]


def _digest(registry: Registry, name: str) -> str:
    return f"sha256:{hashlib.sha256(registry.manifests[name][1]).hexdigest()}"


def test_the_signed_image_is_let_in_by_tag_and_by_digest(served: RunningAdmission, registry: Registry) -> None:
    for text in (f"{registry.host}/app:old-key", f"{registry.host}/app@{_digest(registry, 'old-key')}"):
        assert served.review(pod(text))["allowed"], text


def _with(good: str, **spec: Any) -> dict[str, Any]:
    found = pod(good)
    return {**found, "spec": {**found["spec"], **spec}}


def test_no_place_in_a_pod_is_forgotten(served: RunningAdmission, registry: Registry) -> None:
    good, bad = f"{registry.host}/app:old-key", f"{registry.host}/app:unsigned"
    one = {"name": "x", "image": bad}
    for item in (
        _with(good, initContainers=[{**one, "restartPolicy": "Always"}]),
        _with(good, ephemeralContainers=[one]),
        _with(good, volumes=[{"name": "x", "image": {"reference": bad, "pullPolicy": "Always"}}]),
        _with(good, containers=[{"name": "good", "image": good}, *([one] * 3)]),
        _with(good, containers=[{"name": f"c{number}", "image": good} for number in range(600)]),
        _with(good, containers=[{"name": "x", "image": [bad]}]),
    ):
        assert not served.review(item)["allowed"], str(item)[:300]


def test_no_kind_that_makes_pods_is_forgotten(served: RunningAdmission, registry: Registry) -> None:
    spec = pod(f"{registry.host}/app:unsigned")["spec"]
    for version, kind in (
        ("v1", "ReplicationController"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ReplicaSet"),
        ("batch/v1", "Job"),
        ("argoproj.io/v1alpha1", "Rollout"),
    ):
        metadata = {"name": "app", "namespace": "shop"}
        item = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"template": {"spec": spec}}}
        assert not served.review(item)["allowed"], kind
    item = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": {"spec": spec}}
    assert not served.review(item)["allowed"]


def test_no_request_can_say_that_it_does_not_matter(served: RunningAdmission, registry: Registry) -> None:
    good, bad = pod(f"{registry.host}/app:old-key"), pod(f"{registry.host}/app:unsigned")
    going = {**bad, "metadata": {**bad["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    update: dict[str, Any] = {"operation": "UPDATE", "oldObject": good}
    for item, request in (
        (going, update),
        (bad, {"operation": "UPDATE"}),
        (bad, {**update, "subResource": "resize"}),
        (bad, {"dryRun": True}),
        (bad, {"namespace": ""}),
        (bad, {"userInfo": {"username": "system:admin", "groups": ["system:masters"]}}),
        ({key: bad[key] for key in bad if key != "kind"} | {"kind": ""}, {"kind": _POD}),
        ({key: bad[key] for key in bad if key != "kind"} | {"kind": "ConfigMap"}, {"kind": _POD}),
        (bad, {"object": {**bad, "metadata": None}}),
    ):
        assert not served.review(item, **request)["allowed"], request
    gone = {**good, "metadata": going["metadata"]}
    assert served.review(going, operation="UPDATE", oldObject=gone)["allowed"]


_POD = {"group": "", "version": "v1", "kind": "Pod"}


def test_of_two_keys_the_last_counts_as_the_api_server_has_it(served: RunningAdmission, registry: Registry) -> None:
    good, bad = f"{registry.host}/app:old-key", f"{registry.host}/app:unsigned"
    text = json.dumps(review(pod("IMAGE")))
    for first, last, allowed in ((good, bad, False), (bad, good, True)):
        data = text.replace('"image": "IMAGE"', f'"image": "{first}", "image": "{last}"').encode()
        assert served.send("/validate", data).json()["response"]["allowed"] is allowed


def test_bytes_that_are_no_text_are_refused(served: RunningAdmission, registry: Registry) -> None:
    data = json.dumps(review(pod("IMAGE"))).encode().replace(b"IMAGE", b"\xff\xfe")
    assert served.send("/validate", data).status_code == 400
    deep = b'{"request":' + b'{"object":' * 100_000
    assert served.send("/validate", deep).status_code == 400


def test_the_policy_that_does_not_compile_is_named_and_the_other_is_in_force(served: RunningAdmission) -> None:
    told = served.get("/healthz").json()["warnings"]
    assert any("broken.yaml:2" in item and "expression" in item for item in told), told


def test_a_dead_registry_fills_no_log(served: RunningAdmission, place: Path) -> None:
    for number in range(3):
        found = served.review(pod(f"127.0.0.1:1/app:{number}"), timeout="3s")
        assert not found["allowed"]
    assert "Traceback" not in (place / "stderr").read_text()
