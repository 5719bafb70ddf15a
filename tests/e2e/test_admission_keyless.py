"""Images that assay signs and attests against its own Sigstore, let in by the webhook; and glass that is broken."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.suite import folder
from simulators import pushed_layout
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, pod, running_admission
from simulators.running_instance import EMAIL, RunningInstance, running_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        suite = folder("cosign") / "images"
        for name in ("unsigned", "kl-unsigned"):
            pushed_layout.push(suite / name, f"{found.host}/app")
            found.manifests[name] = found.manifests["v1"]
        yield found


def assay(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def signed(registry: Registry, instance: RunningInstance, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image, signed and attested without a key."""
    image, place = f"{registry.host}/app:unsigned", tmp_path_factory.mktemp("signing")
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    part = {"type": "library", "name": "a", "version": "1", "purl": "pkg:pypi/a@1"}
    (place / "bom.json").write_text(json.dumps({**bom, "components": [part]}))
    who = ("--trust-config", instance.files / "trust_config.json", "--identity-token", instance.token())
    for words in (("sign", image), ("attest", image, "--type", "cyclonedx", "--predicate", place / "bom.json")):
        done = assay(*words, *who)
        assert done.returncode == 0, done.stderr
    return image


def policies(host: str, url: str) -> str:
    """The same demand as AssayPolicy and as ClusterImagePolicy."""
    identity = {"identity": EMAIL, "issuer": url}
    own = {
        "images": {"include": [f"{host}/**"]},
        "signers": {"me": {"identities": [identity]}},
        "signedBy": ["me"],
        "sbom": {"by": ["me"], "complete": True},
        "action": "enforce",
    }
    keyless = {"identities": [{"issuer": url, "subject": EMAIL}]}
    theirs = {"images": [{"glob": f"{host}/**"}], "authorities": [{"keyless": keyless, "ctlog": {"url": url}}]}
    found = [
        {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "own"}, "spec": own},
        {
            "apiVersion": "policy.sigstore.dev/v1beta1",
            "kind": "ClusterImagePolicy",
            "metadata": {"name": "theirs"},
            "spec": theirs,
        },
    ]
    return "\n---\n".join(map(json.dumps, [*found, require_signed_images(host, url)]))


def require_signed_images(host: str, url: str) -> dict[str, Any]:
    """The policy that everybody starts from: one keyless attestor with a wildcard, issuer and log."""
    keyless = {"subject": "*@org.example", "issuer": url, "rekor": {"url": url}}
    images = {"imageReferences": [f"{host}/*"], "attestors": [{"entries": [{"keyless": keyless}]}]}
    rule = {"name": "signed", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "verifyImages": [images]}
    spec = {"validationFailureAction": "Enforce", "background": False, "rules": [rule]}
    metadata = {"name": "require-signed-images"}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def place(registry: Registry, instance: RunningInstance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("admission")
    (found / "policies").mkdir()
    (found / "policies" / "images.yaml").write_text(policies(registry.host, instance.url))
    (found / "breakers.toml").write_text(f'[[verify.identity]]\nidentity = "{EMAIL}"\nissuer = "{instance.url}"\n')
    return found


@pytest.fixture(scope="module")
def served(place: Path, instance: RunningInstance) -> Iterator[RunningAdmission]:
    root = instance.files / "trusted_root.json"
    flags = ("--admission-trusted-root", root, "--break-glass-policy", place / "breakers.toml")
    enforce = ("--enforce=policy-controller", "--enforce=kyverno")
    with running_admission(place, "--policies", place / "policies", *enforce, *flags) as found:
        yield found


def pinned(registry: Registry, image: str) -> str:
    from assay.app.image_evidence import Reach, Registries
    from assay.model.trusted_root import TrustedRoot

    digest = Registries(Reach(lambda name: TrustedRoot())).images().digest(image)
    return f"{image.rpartition(':')[0]}@{digest}"


def test_what_was_signed_without_a_key_is_let_in(served: RunningAdmission, registry: Registry, signed: str) -> None:
    answer = served.review(pod(pinned(registry, signed)))
    assert answer["allowed"], answer
    denied = served.review(pod(pinned(registry, f"{registry.host}/app:kl-unsigned")))
    message = denied["status"]["message"]
    assert not denied["allowed"]
    assert "AssayPolicy/own signedBy" in message
    assert "AssayPolicy/own sbom" in message
    assert "ClusterImagePolicy/theirs" in message
    assert "require-signed-images signed]" in message


def test_another_signer_is_named_with_what_was_found_and_wanted(
    served: RunningAdmission, registry: Registry, instance: RunningInstance, signed: str
) -> None:
    image = f"{registry.host}/app:kl-unsigned"
    who = (
        "--trust-config",
        instance.files / "trust_config.json",
        "--identity-token",
        instance.token("eve@org.example"),
    )
    assert assay("sign", image, *who).returncode == 0
    time.sleep(2.1)  # a refusal is remembered for two seconds
    message = served.review(pod(pinned(registry, image)))["status"]["message"]
    assert "step 4 (identity): signed by eve@org.example, wanted was you@org.example" in message


def test_broken_glass_lets_one_digest_in_until_it_ends(
    served: RunningAdmission, registry: Registry, instance: RunningInstance, place: Path
) -> None:
    image = pinned(registry, f"{registry.host}/app:kl-unsigned")
    assert not served.review(pod(image))["allowed"]

    def broken(email: str, path: Path, seconds: float = 3600) -> dict[str, Any]:
        until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        who = ("--trust-config", instance.files / "trust_config.json", "--identity-token", instance.token(email))
        made = assay("policy", "break-glass", image, "--reason", "outage 42", "--until", until, *who)
        assert made.returncode == 0, made.stderr
        path.write_text(made.stdout)
        found: dict[str, Any] = json.loads(made.stdout)
        return found

    theirs = place / "policies" / "images.yaml"
    theirs.write_text(theirs.read_text().partition("\n---\n")[0])  # glass is broken for assay's own policies
    broken("eve@org.example", place / "policies" / "glass.json")
    assert within(PATIENCE, lambda: "BreakGlass" in served.get("/healthz").text)
    assert not served.review(pod(image))["allowed"]
    item = broken(EMAIL, place / "policies" / "glass.json")
    assert within(PATIENCE, lambda: served.review(pod(image))["allowed"])
    told = served.review(pod(image))["auditAnnotations"]["AssayPolicy-own.signedBy"]
    assert f"glass broken by {EMAIL}" in told
    assert "outage 42" in told
    item["spec"]["until"] = "2030-01-01T00:00:00+00:00"
    (place / "policies" / "glass.json").write_text(json.dumps(item))
    assert within(PATIENCE, lambda: "says something else than what was signed" in served.get("/healthz").text)
    assert not served.review(pod(image))["allowed"]
    for seconds in (10, 40, 160):  # on a slow machine, the shortest may be over before anybody sees it
        broken(EMAIL, place / "policies" / "glass.json", seconds)
        if within(seconds, lambda: served.review(pod(image))["allowed"]):
            break
    else:
        raise AssertionError("it was never let in")
    assert within(seconds + PATIENCE, lambda: not served.review(pod(image))["allowed"])


@pytest.mark.parametrize("words", [("--until", "2020-01-01"), ("--until", "2099-01-01"), ("--until", "soon")])
def test_glass_is_broken_for_a_while_only(words: tuple[str, str]) -> None:
    image = "registry.example/app@sha256:" + "0" * 64
    assert assay("policy", "break-glass", image, "--reason", "r", *words).returncode == 2
    assert assay("policy", "break-glass", "registry.example/app:1", "--reason", "r", *words).returncode == 2
