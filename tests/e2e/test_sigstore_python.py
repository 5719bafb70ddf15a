"""Sigstore's own Python client, unmodified, against an instance; assay and it read each other's bundles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.running_instance import EMAIL, RunningInstance, running_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=300, check=False)


def sigstore(instance: RunningInstance, *words: str) -> subprocess.CompletedProcess[str]:
    return run("sigstore", "--trust-config", str(instance.files / "trust_config.json"), *words)


def identity(instance: RunningInstance, email: str = EMAIL) -> tuple[str, ...]:
    return ("--cert-identity", email, "--cert-oidc-issuer", instance.url)


def assay_verify(instance: RunningInstance, file: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    who = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", instance.url)
    root = str(instance.files / "trusted_root.json")
    return run("assay", "verify", str(file), "--bundle", str(bundle), "--trusted-root", root, *who, "--offline")


@pytest.mark.parametrize("version", ["1", "2"])
def test_python_client_signs_and_both_verify(instance: RunningInstance, tmp_path: Path, version: str) -> None:
    file, bundle = tmp_path / "app", tmp_path / "app.json"
    file.write_text(f"artifact {version}")
    token = instance.token()
    flags = ("--rekor-version", version, "--identity-token", token, "--bundle", str(bundle))
    signed = sigstore(instance, "sign", *flags, str(file))
    assert signed.returncode == 0, signed.stderr
    checked = sigstore(instance, "verify", "identity", *identity(instance), "--bundle", str(bundle), str(file))
    assert checked.returncode == 0, checked.stderr
    other = ("identity", *identity(instance, "other@org.example"), "--bundle", str(bundle), str(file))
    assert sigstore(instance, "verify", *other).returncode != 0
    ours = assay_verify(instance, file, bundle)
    assert ours.returncode == 0, ours.stdout + ours.stderr
    file.write_text("another artifact")
    assert assay_verify(instance, file, bundle).returncode == 1


def test_python_client_verifies_what_assay_signs(instance: RunningInstance, tmp_path: Path) -> None:
    file, bundle = tmp_path / "app", tmp_path / "app.json"
    file.write_text("an artifact of assay's")
    config = str(instance.files / "trust_config.json")
    flags = ("--trust-config", config, "--identity-token", instance.token(), "--bundle", str(bundle))
    signed = run("assay", "sign", str(file), *flags)
    assert signed.returncode == 0, signed.stderr
    checked = sigstore(instance, "verify", "identity", *identity(instance), "--bundle", str(bundle), str(file))
    assert checked.returncode == 0, checked.stderr


def test_python_client_finds_services_and_roots_through_tuf(instance: RunningInstance, tmp_path: Path) -> None:
    file = tmp_path / "app"
    file.write_text("an artifact found through TUF")
    trusted = run("sigstore", "--instance", instance.url, "trust-instance", str(instance.files / "root.json"))
    assert trusted.returncode == 0, trusted.stderr
    signed = run("sigstore", "--instance", instance.url, "sign", "--identity-token", instance.token(), str(file))
    assert signed.returncode == 0, signed.stderr
    checked = run("sigstore", "--instance", instance.url, "verify", "identity", *identity(instance), str(file))
    assert checked.returncode == 0, checked.stderr
