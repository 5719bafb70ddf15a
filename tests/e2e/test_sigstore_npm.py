"""npm's Sigstore clients, unmodified, against an instance, on both versions of the log; each side reads the others."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators import npm_sigstore
from simulators.npm_sigstore import Npm
from simulators.running_instance import EMAIL, RunningInstance, running_instance

KIND = "https://slsa.dev/provenance/v1"
API = pytest.mark.parametrize("api", [1, 2])


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    folder = tmp_path_factory.mktemp("instance")
    with running_instance(folder) as found:
        yield found


@pytest.fixture
def npm(instance: RunningInstance, tmp_path: Path) -> Npm:
    return Npm(npm_sigstore.installed(), instance, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app"
    path.write_text(f"an artifact of {tmp_path.name}")
    return path


@pytest.fixture
def statement(file: Path) -> Path:
    """A provenance of `file`, as a statement."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    subject = [{"name": file.name, "digest": {"sha256": digest}}]
    path = file.with_name("statement.json")
    whole = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": KIND}
    path.write_text(json.dumps({**whole, "predicate": predicate()}))
    return path


def predicate() -> dict[str, object]:
    """The least that Python's client takes for a provenance."""
    definition: dict[str, object] = {"buildType": "https://build.example/v1", "externalParameters": {}}
    definition |= {"internalParameters": {}, "resolvedDependencies": []}
    builder = {"id": "https://builder.example", "builderDependencies": [], "version": {}}
    moment = "2026-01-01T00:00:00Z"
    times = {"invocationId": "1", "startedOn": moment, "finishedOn": moment}
    return {"buildDefinition": definition, "runDetails": {"builder": builder, "metadata": times, "byproducts": []}}


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def assay(npm: Npm, command: str, file: Path, bundle: Path, *more: str) -> subprocess.CompletedProcess[str]:
    who = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", npm.instance.url)
    root = ("--trusted-root", npm.instance.files / "trusted_root.json")
    return run("assay", "--offline", command, file, "--bundle", bundle, *root, *who, *more)


def python(npm: Npm, file: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    """Python's client verifies."""
    config = npm.instance.files / "trust_config.json"
    who = ("--cert-identity", EMAIL, "--cert-oidc-issuer", npm.instance.url)
    return run("sigstore", "--trust-config", config, "verify", "identity", *who, "--bundle", bundle, file)


def entry(bundle: Path) -> dict[str, str]:
    """Kind and version of the log's entry in a bundle."""
    (found,) = json.loads(bundle.read_bytes())["verificationMaterial"]["tlogEntries"]
    kind: dict[str, str] = found["kindVersion"]
    return kind


@API
def test_npm_signs_and_all_verify(npm: Npm, file: Path, api: int) -> None:
    bundle = file.with_name("bundle.json")
    npm.sign(file, bundle, api)
    assert entry(bundle) == {"kind": "hashedrekord", "version": f"0.0.{api}"}
    assert npm.verify(file, bundle) == ""
    assert EMAIL in npm.verify(file, bundle, "other@org.example")
    ours = assay(npm, "verify", file, bundle)
    assert ours.returncode == 0, ours.stderr
    theirs = python(npm, file, bundle)
    assert theirs.returncode == 0, theirs.stderr
    file.write_text("another artifact")
    assert "signature" in npm.verify(file, bundle)
    assert assay(npm, "verify", file, bundle).returncode == 1


@API
def test_npm_attests_and_all_verify(npm: Npm, file: Path, statement: Path, api: int) -> None:
    bundle = file.with_name("bundle.json")
    npm.attest(statement, bundle, api)
    assert entry(bundle) == {"kind": "dsse", "version": f"0.0.{api}"}
    assert npm.verify(statement, bundle) == ""
    ours = assay(npm, "verify-attestation", file, bundle, "--type", KIND)
    assert ours.returncode == 0, ours.stderr
    theirs = python(npm, file, bundle)
    if api == 1:
        assert theirs.returncode == 0, theirs.stderr
    else:  # a refusal of that client: it reads a v2 envelope only where the entry is a hashedrekord
        assert theirs.returncode == 1
        assert "dsse" in theirs.stderr
    file.write_text("another artifact")
    assert assay(npm, "verify-attestation", file, bundle, "--type", KIND).returncode == 1


@API
def test_npm_reads_what_assay_signs(npm: Npm, file: Path, api: int) -> None:
    bundle = file.with_name("bundle.json")
    signed = by_assay(npm, "sign", file, bundle, api)
    assert signed.returncode == 0, signed.stderr
    assert npm.verify(file, bundle) == ""
    assert EMAIL in npm.verify(file, bundle, "other@org.example")


def by_assay(
    npm: Npm, command: str, file: Path, bundle: Path, api: int, *more: str | Path
) -> subprocess.CompletedProcess[str]:
    config = npm.instance.files / "trust_config.json"
    flags = ("--trust-config", config, "--identity-token", npm.instance.token(), "--bundle", bundle)
    return run("assay", command, file, *flags, "--rekor-version", str(api), *more)


@API
def test_npm_reads_what_assay_attests(npm: Npm, file: Path, api: int) -> None:
    bundle, given = file.with_name("bundle.json"), file.with_name("predicate.json")
    given.write_text(json.dumps(predicate()))
    made = by_assay(npm, "attest", file, bundle, api, "--predicate", given, "--type", KIND)
    assert made.returncode == 0, made.stderr
    told(npm, file, bundle)


def told(npm: Npm, file: Path, bundle: Path) -> None:
    """npm verifies an envelope, but for the one that it is known to refuse."""
    if entry(bundle) == {"kind": "hashedrekord", "version": "0.0.2"}:
        assert "TLOG_BODY_ERROR" in npm.verify(file, bundle)
    else:
        assert npm.verify(file, bundle) == ""


@API
def test_npm_reads_what_pythons_client_signs_and_attests(npm: Npm, file: Path, api: int) -> None:
    config = ("--trust-config", npm.instance.files / "trust_config.json")
    given, bundles = file.with_name("predicate.json"), [file.with_name(name) for name in ("signed", "attested")]
    given.write_text(json.dumps(predicate()))
    attest: list[str | Path] = ["attest", "--predicate", given, "--predicate-type", KIND]
    commands: tuple[list[str | Path], ...] = (["sign"], attest)
    for bundle, words in zip(bundles, commands, strict=True):
        flags = ("--rekor-version", str(api), "--identity-token", npm.instance.token(), "--bundle", bundle)
        made = run("sigstore", *config, *words, *flags, file)
        assert made.returncode == 0, made.stderr
    assert npm.verify(file, bundles[0]) == ""
    told(npm, file, bundles[1])
