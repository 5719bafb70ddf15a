"""Attempts to get an unsigned image in; registries that are slow or dead; policies that change; a stop under load."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.suite import folder
from simulators import pushed_layout
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, patch, pod, running_admission

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {{name: signed}}
spec:
  images: {{include: ["{host}/**"]}}
  signers:
    release:
      keys:
        - |
{key}
      trust: {{ignoreLog: true}}
  signedBy: [release]
  digests: {{pin: true, require: false}}
  action: enforce
  onTimeout: {timeout}
  staleIfError: 1h
"""


def policy(host: str, timeout: str = "enforce") -> str:
    """Images of the registry must be signed."""
    key = (folder("cosign") / "keys" / "empty.pub").read_text().strip()
    return POLICY.format(host=host, key="\n".join(f"          {line}" for line in key.splitlines()), timeout=timeout)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push_signed_and_not(found)
        yield found


@pytest.fixture
def place(tmp_path: Path, registry: Registry) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "signed.yaml").write_text(policy(registry.host))
    return tmp_path


@pytest.fixture
def served(place: Path) -> Iterator[RunningAdmission]:
    with running_admission(place, "--policies", place / "policies") as found:
        yield found


def test_no_way_in_for_an_unsigned_image(served: RunningAdmission, registry: Registry) -> None:
    good, bad = f"{registry.host}/app:old-key", f"{registry.host}/app:unsigned"
    assert served.review(pod(good))["allowed"]
    assert not served.review(pod(good, bad))["allowed"]
    added = {**pod(good), "spec": {**pod(good)["spec"], "ephemeralContainers": [{"name": "e", "image": bad}]}}
    ephemeral: dict[str, Any] = {"operation": "UPDATE", "subResource": "ephemeralcontainers", "oldObject": pod(good)}
    assert not served.review(added, **ephemeral)["allowed"]
    assert not served.review(pod(good, bad), operation="UPDATE", oldObject=pod(good))["allowed"]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-1", "uid": "1", "controller": True}
    forged = pod(bad)
    forged["metadata"]["ownerReferences"] = [owner]
    assert not served.review(forged)["allowed"]
    controller = {"username": "system:serviceaccount:kube-system:replicaset-controller"}
    assert not served.review(forged, userInfo=controller)["allowed"]
    for odd in (
        bad.replace("app:", "app@sha256:"),
        f"{bad} ",
        bad.replace("app", "App"),
        f"{registry.host}//app:unsigned",
    ):
        assert not served.review(pod(odd))["allowed"], odd
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "j", "namespace": "shop"}}
    template = {"spec": {"template": {"spec": pod(bad)["spec"]}}}
    assert not served.review({**job, "spec": {"jobTemplate": template}})["allowed"]


def test_a_tag_that_moves_lets_nothing_in(served: RunningAdmission, registry: Registry) -> None:
    image = f"{registry.host}/app:v1"
    pinned = patch(served.review(pod(image), "/mutate"))[0]["value"]
    assert served.review(pod(image))["allowed"]
    registry.manifests["v1"] = registry.manifests["unsigned"]
    assert not served.review(pod(image))["allowed"]
    assert served.review(pod(pinned))["allowed"]
    assert not served.review(pod(image), operation="UPDATE", oldObject=pod(pinned))["allowed"]
    assert not served.review(pod(image), operation="UPDATE", oldObject=pod(image))["allowed"]
    # What ran before anybody asked is not made worse by a label; its controllers take finalizers off of it.
    elder = pod(image)
    elder["metadata"]["name"] = "elder"
    assert served.review(elder, operation="UPDATE", oldObject=elder)["allowed"]


def test_a_policy_that_is_taken_back_or_comes_is_in_force_within_seconds(
    served: RunningAdmission, registry: Registry, place: Path
) -> None:
    bad = pod(f"{registry.host}/app:unsigned")
    assert not served.review(bad)["allowed"]
    path = place / "policies" / "signed.yaml"
    path.write_text(policy(registry.host).replace("action: enforce", "action: warn"))
    assert within(PATIENCE, lambda: served.review(bad)["allowed"])
    assert served.review(bad)["warnings"]
    path.write_text(policy(registry.host))
    assert within(PATIENCE, lambda: not served.review(bad)["allowed"])
    path.write_text("kind: [")
    assert within(PATIENCE, lambda: "warnings" in served.get("/healthz").json())


def test_a_slow_registry_costs_no_more_than_the_time_there_is(served: RunningAdmission, registry: Registry) -> None:
    registry.faults.stall_manifests = 6  # what it says then would let the image in
    denied = served.review(pod(f"{registry.host}/app:old-key"), timeout="3s")
    assert not denied["allowed"]
    assert "did not answer in time" in denied["status"]["message"]


def test_what_a_time_out_does_is_the_policys_choice_and_is_seen(
    served: RunningAdmission, registry: Registry, place: Path
) -> None:
    (place / "policies" / "signed.yaml").write_text(policy(registry.host, "warn"))
    registry.faults.stall_manifests = 4
    found = pod(f"{registry.host}/app:old-key")

    def warned() -> bool:
        answer = served.review(found, timeout="2s")
        return answer["allowed"] and any("did not answer in time" in item for item in answer.get("warnings", []))

    assert within(PATIENCE, warned)


def test_kept_verdicts_answer_at_once_while_a_registry_is_dead(served: RunningAdmission, registry: Registry) -> None:
    image = patch(served.review(pod(f"{registry.host}/app:old-key"), "/mutate"))[0]["value"]
    assert served.review(pod(image))["allowed"]
    registry.faults.stall_manifests = 10
    with ThreadPoolExecutor(20) as pool:
        waiting = [
            pool.submit(served.review, pod(f"{registry.host}/app:x{number}"), timeout="9s") for number in range(20)
        ]
        assert within(PATIENCE, lambda: registry.count("/manifests/x"))
        for _ in range(5):
            assert served.review(pod(image))["allowed"]
        assert not any(item.done() for item in waiting)
        assert not any(item.result()["allowed"] for item in waiting)


@pytest.mark.parametrize("engine", ["native", "kyverno", "beside"])
def test_what_only_reports_holds_nobody_up(tmp_path: Path, registry: Registry, engine: str) -> None:
    """What is verified after the answer is known to the next one."""
    (tmp_path / "policy.yaml").write_text(_reporting(registry.host, engine))
    flags = ["--enforce", "kyverno"] if engine == "kyverno" else []
    with running_admission(tmp_path, "--policies", tmp_path / "policy.yaml", *flags) as served:
        registry.faults.stall_manifests = 9
        start = time.monotonic()
        assert served.review(pod(f"{registry.host}/app:old-key"))["allowed"]
        assert 0.9 < time.monotonic() - start < 9, "it is waited for, and not until it answers"
        registry.faults.stall_manifests = 0
        assert within(PATIENCE, lambda: _passed(served, pod(f"{registry.host}/app:old-key")))


def _passed(served: RunningAdmission, item: Any) -> bool:
    """Whether another review of it is answered with a verdict that passes, as the figures tell."""
    assert served.review(item)["allowed"]
    lines = served.get("/metrics").text.splitlines()
    return any(line.startswith("assay_admission_verdicts_total{") and 'outcome="pass"' in line for line in lines)


def _reporting(host: str, engine: str) -> str:
    """Policies that verify images and refuse nothing."""
    if engine == "native":
        found = policy(host).replace("action: enforce", "action: audit")
        return found.replace("{pin: true, require: false}", "{require: false}")
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    attestor = {"entries": [{"keys": {"publicKeys": key, "rekor": {"ignoreTlog": True}, "ctlog": {"ignoreSCT": True}}}]}
    check = {"imageReferences": [f"{host}/*"], "attestors": [attestor], "mutateDigest": False, "verifyDigest": False}
    check["failureAction"] = "Enforce" if engine == "beside" else "Audit"
    rule = {"name": "signed", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "verifyImages": [check]}
    spec = {"webhookConfiguration": {"timeoutSeconds": 10}, "rules": [rule]}
    return json.dumps(
        {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "signed"}, "spec": spec}
    )


def test_a_server_that_is_stopped_answers_what_it_was_asked(place: Path, registry: Registry) -> None:
    with running_admission(place, "--policies", place / "policies") as served:
        registry.faults.stall_manifests = 1
        answers: list[Any] = []
        asked = threading.Thread(target=lambda: answers.append(served.review(pod(f"{registry.host}/app:old-key"))))
        asked.start()
        assert within(PATIENCE, lambda: registry.count("/manifests/"))
        served.process.terminate()
        asked.join(PATIENCE)
        assert answers
        assert answers[0]["allowed"]
        assert served.process.wait(PATIENCE) is not None
