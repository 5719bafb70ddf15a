"""Attestations of Sigstore's own Python client, unmodified, on both versions of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from simulators.running_instance import EMAIL, RunningInstance, running_instance

KIND = "https://slsa.dev/provenance/v1"
PREDICATE = {
    "buildDefinition": {
        "buildType": "https://build.example/v1",
        "externalParameters": {},
        "internalParameters": {},
        "resolvedDependencies": [],
    },
    "runDetails": {
        "builder": {"id": "https://builder.example", "builderDependencies": [], "version": {}},
        "metadata": {
            "invocationId": "1",
            "startedOn": "2026-01-01T00:00:00Z",
            "finishedOn": "2026-01-01T00:01:00Z",
        },
        "byproducts": [],
    },
}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=300, check=False)


def attested(instance: RunningInstance, folder: Path, version: str) -> None:
    """The client attests; it and assay verify, and assay refuses another file."""
    file, bundle, predicate = folder / f"app{version}", folder / f"{version}.json", folder / "predicate.json"
    file.write_text(f"artifact {version}")
    predicate.write_text(json.dumps(PREDICATE))
    client = ("sigstore", "--trust-config", str(instance.files / "trust_config.json"))
    flags = ("--rekor-version", version, "--identity-token", instance.token(), "--bundle", str(bundle))
    made = run(*client, "attest", *flags, "--predicate", str(predicate), "--predicate-type", KIND, str(file))
    assert made.returncode == 0, made.stderr
    who = ("--cert-identity", EMAIL, "--cert-oidc-issuer", instance.url)
    checked = run(*client, "verify", "identity", *who, "--bundle", str(bundle), str(file))
    assert checked.returncode == 0, checked.stderr
    root = ("--trusted-root", str(instance.files / "trusted_root.json"), "--offline", "--bundle", str(bundle))
    wanted = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", instance.url, "--type", KIND)
    ours = run("assay", "verify-attestation", str(file), *root, *wanted)
    assert ours.returncode == 0, ours.stdout + ours.stderr
    file.write_text("another artifact")
    assert run("assay", "verify-attestation", str(file), *root, *wanted).returncode == 1


def test_python_client_attests_and_both_verify(tmp_path: Path) -> None:
    with running_instance(tmp_path) as instance:
        for version in ("1", "2"):
            attested(instance, tmp_path, version)
