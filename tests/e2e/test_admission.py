"""The admission webhook from outside: a registry on loopback, policies in files, reviews over HTTPS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.suite import folder
from simulators import pushed_layout, real_registries
from simulators.running_admission import RunningAdmission, patch, pod, running_admission

SIGNED, UNSIGNED = "old-key", "unsigned"


def policy(key: str, host: str, extra: str = "") -> str:
    """A policy that wants images of the registry signed by a key."""
    pem = "\n".join(f"            {line}" for line in key.strip().splitlines())
    return f"""
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {{name: signed}}
spec:
  images: {{include: ["{host}/**"]}}
  signers:
    release:
      keys:
        - |
{pem}
      trust: {{ignoreLog: true}}
  signedBy: [release]
  action: enforce
{extra}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    suite = folder("cosign")
    with real_registries.debian(tmp_path_factory.mktemp("registry")) as host:
        for name in (SIGNED, UNSIGNED, "old-flipped-bit"):
            pushed_layout.push(suite / "images" / name, f"{host}/{name}")
        yield host


@pytest.fixture(scope="module")
def served(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAdmission]:
    place = tmp_path_factory.mktemp("admission")
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    (place / "policies").mkdir()
    (place / "policies" / "signed.yaml").write_text(policy(key, registry, "  digests: {pin: true, require: false}"))
    with running_admission(place, "--policies", place / "policies") as found:
        yield found


def test_a_signed_image_is_let_in_and_an_unsigned_one_is_not(served: RunningAdmission, registry: str) -> None:
    assert served.review(pod(f"{registry}/{SIGNED}:v1"))["allowed"] is True
    denied = served.review(pod(f"{registry}/{UNSIGNED}:v1"))
    assert denied["allowed"] is False
    message = denied["status"]["message"]
    assert denied["status"]["code"] == 403
    assert f"{registry}/{UNSIGNED}:v1" in message
    assert "it is not signed" in message
    assert "signed by release" in message
    assert f"to mend: assay sign {registry}/{UNSIGNED}:v1" in message
    assert "AssayPolicy/signed" in message


def test_a_tampered_signature_is_refused_with_the_step_that_failed(served: RunningAdmission, registry: str) -> None:
    denied = served.review(pod(f"{registry}/old-flipped-bit:v1"))
    assert denied["allowed"] is False
    assert "step 6 (signature)" in denied["status"]["message"]


def test_a_tag_becomes_a_digest(served: RunningAdmission, registry: str) -> None:
    answer = served.review(pod(f"{registry}/{SIGNED}:v1"), "/mutate")
    (operation,) = patch(answer)
    assert operation["path"] == "/spec/containers/0/image"
    assert operation["value"].startswith(f"{registry}/{SIGNED}:v1@sha256:")
    assert served.review(pod(operation["value"]))["allowed"] is True


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """``assay WORDS``."""
    command = [sys.executable, "-m", "assay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def policies(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("policies") / "signed.yaml"
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    rollout = "  rollout: {auditUntil: 2026-12-01, grace: 30d}"
    place.write_text(policy(key, registry, rollout))
    return place


def test_the_command_says_the_same_at_any_date(policies: Path, registry: str) -> None:
    good = run("policy", "check", f"{registry}/{SIGNED}:v1", "--policies", policies)
    assert good.returncode == 0, good.stderr
    assert "verdict pass, action allow" in good.stdout
    bad = f"{registry}/{UNSIGNED}:v1"
    for flags, action, code in (
        (("--at", "2026-11-30"), "allow", 0),
        (("--at", "2026-12-02"), "deny", 1),
        (("--at", "2026-12-02", "--existing"), "warn", 0),
        (("--at", "2027-01-02", "--existing"), "deny", 1),
    ):
        found = run("policy", "check", bad, "--policies", policies, *flags)
        assert f"verdict fail, action {action}" in found.stdout, found.stderr
        assert found.returncode == code
    told = json.loads(run("policy", "check", bad, "--policies", policies, "-o", "json").stdout)
    assert told[0]["results"][0]["details"]["mend"] == f"assay sign {bad}"


def test_a_manifest_is_checked_object_by_object(policies: Path, registry: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    pods = (pod(f"{registry}/{SIGNED}:v1", name="one"), pod(f"{registry}/{UNSIGNED}:v1", name="two"))
    path.write_text("\n---\n".join(map(json.dumps, pods)))
    found = run("policy", "check", path, "--policies", policies, "--at", "2026-12-02")
    assert found.returncode == 1
    assert "Pod/one: verdict pass" in found.stdout
    assert "Pod/two: verdict fail" in found.stdout


def test_verify_holds_images_to_a_policy_whatever_its_phase(policies: Path, registry: str) -> None:
    assert run("verify", f"{registry}/{SIGNED}:v1", "--policy", policies).returncode == 0
    bad = run("verify", f"{registry}/{UNSIGNED}:v1", "--policy", policies)
    assert bad.returncode == 1
    assert "it is not signed" in bad.stdout
