"""The action's scripts as a run of GitHub executes them: its identity reaches the certificate authority."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml

from assay.cli._main import run as main
from simulators import real_registries
from simulators.github_identity import SHA, GitHub, serve
from simulators.image import layout
from simulators.kept_instance import KeptInstance

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy" / "ci" / "scripts"
FULCIO = ROOT / "tests/server/data/fulcio-config.yaml"
TRUSTED = ROOT / "src/assay/adapters/trust_roots/public_good.trusted_root.json"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serve(GitHub()) as running:
        yield running


@pytest.fixture
def image(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[str]:
    """An image in a registry, by its digest."""
    folder = layout(tmp_path / "image", [{"app/requirements.txt": b"django==3.2.0\n"}], name="v1")
    with real_registries.debian(tmp_path) as host:
        assert main(["image", "copy", str(folder), f"{host}/team/app:v1"]) == 0
        digest = capfd.readouterr().out.strip()
        yield f"{host}/team/app@{digest}"


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    whole = {**os.environ, "PATH": path, **environment}
    return subprocess.run([SCRIPTS / script], env=whole, capture_output=True, text=True, timeout=120)


def of_run(github: GitHub, image: str, results: Path) -> dict[str, str]:
    """The environment that action.yml and the runner give to the scripts."""
    return {
        **github.environment,
        "ASSAY_SOURCE": image,
        "ASSAY_IMAGE": image,
        "ASSAY_OUTPUT": str(results),
        "ASSAY_REF": github.ref,
        "ASSAY_EVENT": github.event,
        "ASSAY_DEFAULT_BRANCH": "main",
        "GITHUB_STEP_SUMMARY": str(results.with_name("summary")),
    }


@contextmanager
def refusing_authority() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A certificate authority that says no, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            token = bearer or body["credentials"]["oidcIdentityToken"]
            asked.append(jwt.decode(token, options={"verify_signature": False}))
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def trust_config(path: Path, authority: str) -> Path:
    service = {"url": authority, "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": "test"}
    signing = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [{**service, "majorApiVersion": 1}],
        "rekorTlogUrls": [{**service, "majorApiVersion": 2}],
        "tsaUrls": [{**service, "url": f"{authority}/api/v1/timestamp", "majorApiVersion": 1}],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }
    kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
    root = json.loads(TRUSTED.read_bytes())
    path.write_text(json.dumps({"mediaType": kind, "trustedRoot": root, "signingConfig": signing}))
    return path


def test_the_identity_of_the_run_reaches_the_authority(github: GitHub, image: str, tmp_path: Path) -> None:
    environment = of_run(github, image, tmp_path / "results")
    assert run("sbom.sh", environment).returncode == 0
    assert run("scan.sh", environment).returncode == 0
    with refusing_authority() as (authority, asked):
        config = trust_config(tmp_path / "trust_config.json", authority)
        for script in ("sign.sh", "attest.sh"):
            found = run(script, {**environment, "ASSAY_TRUST_CONFIG": str(config)})
            assert found.returncode != 0, found.stderr
    assert [claims["job_workflow_ref"] for claims in asked] == [github.workflow] * 2
    assert {claims["aud"] for claims in asked} == {"sigstore"}
    assert "Signed" not in (tmp_path / "summary").read_text()


def test_no_identity_is_asked_for_what_may_not_be_signed(github: GitHub, image: str, tmp_path: Path) -> None:
    environment = of_run(github, image, tmp_path / "results") | {"ASSAY_REF": "refs/heads/feature"}
    assert run("sign.sh", environment).returncode == 2
    assert github.asked == []


@pytest.fixture
def instance(github: GitHub, tmp_path: Path) -> Iterator[KeptInstance]:
    """A fresh instance that trusts the provider by Fulcio's template for GitHub's workflows."""
    found = yaml.safe_load(FULCIO.read_text())
    issuer = {"issuer-url": github.issuer, "client-id": "sigstore", "type": "ci-provider"}
    found["oidc-issuers"] = {github.issuer: {**issuer, "ci-provider": "github-workflow"}}
    (tmp_path / "issuers.yaml").write_text(yaml.safe_dump(found))
    (tmp_path / "instance").mkdir()
    kept = KeptInstance(tmp_path / "instance", "--issuers", str(tmp_path / "issuers.yaml"))
    with kept.serving():
        yield kept


def test_what_the_action_signs_is_verified_with_the_flags_of_cosign(
    github: GitHub, image: str, instance: KeptInstance, tmp_path: Path
) -> None:
    environment = of_run(github, image, tmp_path / "results")
    config = str(instance.folder / "data/sigstore/client-files/trust_config.json")
    for script in ("sbom.sh", "scan.sh", "sign.sh", "attest.sh"):
        done = run(script, {**environment, "ASSAY_TRUST_CONFIG": config})
        assert done.returncode == 0, done.stderr
    summary = (tmp_path / "summary").read_text()
    assert f"Signed: `{image}`" in summary
    assert f"Attested, SBOM and scan: `{image}`" in summary
    workflow = f"https://github.com/{github.workflow}"
    who = ["--certificate-identity", workflow, "--certificate-oidc-issuer", github.issuer]
    of_github = {"repository": "team/app", "ref": "refs/heads/main", "sha": SHA, "trigger": "push", "name": "assay"}
    claims = [word for name, value in of_github.items() for word in (f"--certificate-github-workflow-{name}", value)]
    trust = ["--trust-config", config]
    assert main(["verify", image, *trust, *who, *claims]) == 0
    for kind in ("cyclonedx", "vuln"):
        assert main(["verify-attestation", image, *trust, *who, *claims, "--type", kind]) == 0
    for name in of_github:
        wrong = [*claims, f"--certificate-github-workflow-{name}", "other"]
        assert main(["verify", image, *trust, *who, *wrong]) == 1
    elsewhere = ["--certificate-identity-regexp", "^https://github.com/other/", *who[2:]]
    assert main(["verify", image, *trust, *elsewhere]) == 1


def test_a_token_of_somebody_elses_provider_is_refused(
    github: GitHub, image: str, instance: KeptInstance, tmp_path: Path
) -> None:
    config = str(instance.folder / "data/sigstore/client-files/trust_config.json")
    with serve(GitHub()) as other:
        environment = {**of_run(other, image, tmp_path / "results"), "ASSAY_TRUST_CONFIG": config}
        done = run("sign.sh", environment)
    assert done.returncode != 0
    assert "issuer" in done.stderr or "token" in done.stderr
    assert "Signed" not in ((tmp_path / "summary").read_text() if (tmp_path / "summary").exists() else "")
