"""cosign, unmodified, against a fresh instance: it signs, attests and verifies, and it and assay read each other.

Trust and services come to it through TUF (``cosign initialize``), as for a new user.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulators import attached_image, real_registries
from simulators.real_cosign import Cosign
from simulators.running_instance import EMAIL, RunningInstance, running_instance

pytestmark = pytest.mark.interop

API = pytest.mark.parametrize("api", [1, 2])
FORM = pytest.mark.parametrize("form", ["bundle", "elder"])
KEYLESS = pytest.mark.parametrize("keyless", [True, False], ids=["keyless", "key"])
KIND = "https://slsa.dev/provenance/v1"
OTHER = "other@org.example"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture(scope="module")
def cosign(instance: RunningInstance, tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    found = Cosign(tmp_path_factory.mktemp("cosign"))
    found("initialize", "--mirror", instance.url, "--root", instance.files / "root.json")
    found("generate-key-pair", "--output-key-prefix", found.folder / "k")
    return found


@pytest.fixture(scope="module", params=["plain", "modern"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    with real_registries.debian(folder) if request.param == "plain" else real_registries.with_referrers() as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app"
    path.write_text(f"an artifact of {tmp_path.name}")
    return path


@pytest.fixture
def predicate(tmp_path: Path) -> Path:
    path = tmp_path / "predicate.json"
    definition = {"buildType": "https://build.example/v1", "externalParameters": {}}
    path.write_text(
        json.dumps({"buildDefinition": definition, "runDetails": {"builder": {"id": "https://builder.example"}}})
    )
    return path


@pytest.fixture
def image(host: str, tmp_path: Path) -> str:
    made = attached_image.make(tmp_path / "made")
    name = re.sub(r"[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    assay("image", "copy", made.folder, f"{host}/{name}/app:v1", "--only", "none")
    return f"{host}/{name}/app@{made.index.digest}"


def assay(*words: str | Path, code: int = 0) -> str:
    command = [sys.executable, "-m", "assay", "-q", *map(str, words)]
    environment = {**os.environ, "COSIGN_PASSWORD": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def signing(instance: RunningInstance, cosign: Cosign, keyless: bool) -> list[str | Path]:
    """Who signs."""
    if keyless:
        return ["--identity-token", instance.token(), "--yes"]
    return ["--key", cosign.folder / "k.key", "--yes"]


def signer(instance: RunningInstance, cosign: Cosign, keyless: bool, email: str = EMAIL) -> list[str | Path]:
    """Whose signature is wanted."""
    if keyless:
        return ["--certificate-identity", email, "--certificate-oidc-issuer", instance.url]
    return ["--key", cosign.folder / "k.pub"]


def ours(instance: RunningInstance) -> list[str | Path]:
    return ["--trust-config", instance.files / "trust_config.json"]


def services(instance: RunningInstance, folder: Path, api: int) -> Path:
    """The signing configuration with one version of the log alone."""
    whole = json.loads((instance.files / "signing_config.json").read_bytes())
    whole["rekorTlogUrls"] = [item for item in whole["rekorTlogUrls"] if item["majorApiVersion"] == api]
    path = folder / "signing_config.json"
    path.write_text(json.dumps(whole))
    return path


def elder(instance: RunningInstance) -> list[str]:
    """The flags for cosign's elder form."""
    url = instance.url
    services = ["--fulcio-url", url, "--rekor-url", url, "--oidc-issuer", url]
    return ["--new-bundle-format=false", "--use-signing-config=false", *services]


@API
@KEYLESS
def test_files(instance: RunningInstance, cosign: Cosign, file: Path, api: int, keyless: bool) -> None:
    bundles = {name: file.with_name(f"{name}.json") for name in ("cosign", "assay")}
    who, wanted = signing(instance, cosign, keyless), signer(instance, cosign, keyless)
    config: list[str | Path] = ["--signing-config", services(instance, file.parent, api)]
    cosign("sign-blob", *who, *config, "--bundle", bundles["cosign"], file)
    assay("sign", file, *ours(instance), *who, "--rekor-version", str(api), "--bundle", bundles["assay"])
    for bundle in bundles.values():
        (entry,) = json.loads(bundle.read_bytes())["verificationMaterial"]["tlogEntries"]
        assert entry["kindVersion"] == {"kind": "hashedrekord", "version": f"0.0.{api}"}
        cosign("verify-blob", *wanted, "--bundle", bundle, file)
        assay("--offline", "verify", file, "--bundle", bundle, *ours(instance), *wanted)
    file.write_text("another artifact")
    for bundle in bundles.values():
        cosign("verify-blob", *wanted, "--bundle", bundle, file, code=1)
        assay("--offline", "verify", file, "--bundle", bundle, *ours(instance), *wanted, code=1)


@API
@KEYLESS
def test_attestations_of_files(
    instance: RunningInstance, cosign: Cosign, file: Path, predicate: Path, api: int, keyless: bool
) -> None:
    bundles = {name: file.with_name(f"{name}.json") for name in ("cosign", "assay")}
    who, wanted = signing(instance, cosign, keyless), signer(instance, cosign, keyless)
    what: list[str | Path] = ["--predicate", predicate, "--type", "slsaprovenance1"]
    config: list[str | Path] = ["--signing-config", services(instance, file.parent, api)]
    cosign("attest-blob", *who, *config, *what, "--bundle", bundles["cosign"], file)
    assay("attest", file, *ours(instance), *who, "--rekor-version", str(api), *what, "--bundle", bundles["assay"])
    read = what[2:]
    for bundle in bundles.values():
        cosign("verify-blob-attestation", *wanted, *read, "--bundle", bundle, file)
        assay("--offline", "verify-attestation", file, "--bundle", bundle, *ours(instance), *wanted, *read)
    file.write_text("another artifact")
    for bundle in bundles.values():
        cosign("verify-blob-attestation", *wanted, *read, "--bundle", bundle, file, code=1)
        assay("--offline", "verify-attestation", file, "--bundle", bundle, *ours(instance), *wanted, *read, code=1)


@FORM
@KEYLESS
@pytest.mark.parametrize("by", ["cosign", "assay"])
def test_images(instance: RunningInstance, cosign: Cosign, image: str, by: str, form: str, keyless: bool) -> None:
    who, wanted = signing(instance, cosign, keyless), signer(instance, cosign, keyless)
    old = form == "elder"
    if by == "cosign":
        cosign("sign", *who, *(elder(instance) if old else []), image)
    else:
        flags = ["--new-bundle-format=false", "--rekor-version", "1"] if old else []
        assay("sign", image, *ours(instance), *who, *flags)
    cosign("verify", *wanted, *(["--new-bundle-format=false"] if old else []), image)
    assay("verify", image, *ours(instance), *wanted)
    if keyless:
        other = signer(instance, cosign, keyless, OTHER)
        cosign("verify", *other, *(["--new-bundle-format=false"] if old else []), image, code=NO_MATCH[form])
        assay("verify", image, *ours(instance), *other, code=1)


NO_MATCH = {"elder": 12, "bundle": 1}
"""cosign's exit where signatures are there, and none is of whom is wanted."""


@FORM
@KEYLESS
@pytest.mark.parametrize("by", ["cosign", "assay"])
def test_attestations_of_images(
    instance: RunningInstance, cosign: Cosign, image: str, predicate: Path, by: str, form: str, keyless: bool
) -> None:
    who, wanted = signing(instance, cosign, keyless), signer(instance, cosign, keyless)
    what: list[str | Path] = ["--predicate", predicate, "--type", "slsaprovenance1"]
    read = what[2:]
    old = form == "elder"
    if by == "cosign":
        cosign("attest", *who, *(elder(instance) if old else []), *what, image)
    else:
        flags = ["--new-bundle-format=false", "--rekor-version", "1"] if old else []
        assay("attest", image, *ours(instance), *who, *what, *flags)
    cosign("verify-attestation", *wanted, *read, *(["--new-bundle-format=false"] if old else []), image)
    assay("verify-attestation", image, *ours(instance), *wanted, *read)
    assay("verify-attestation", image, *ours(instance), *wanted, "--type", "openvex", code=1)


def test_cosign_signs_for_whom_signs_in_on_another_device(
    instance: RunningInstance, cosign: Cosign, file: Path
) -> None:
    bundle = file.with_name("bundle.json")
    words = ["sign-blob", "--fulcio-auth-flow", "device", "--yes", "--bundle", str(bundle), str(file)]
    command = [str(cosign.program), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=cosign.environment, **pipes) as running:  # type: ignore[call-overload]
        told = next(line for line in running.stdout if "/oauth2/device" in line)
        code = re.search(r"[A-Z]{4}-[A-Z]{4}", told)
        assert code is not None
        form = {"user_code": code[0], "email": "elsewhere@org.example"}
        assert requests.post(f"{instance.url}/oauth2/device", form, timeout=20).status_code == 200
        assert running.wait(60) == 0
    cosign("verify-blob", *signer(instance, cosign, True, "elsewhere@org.example"), "--bundle", bundle, file)
