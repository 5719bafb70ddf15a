"""Identity tokens that lie in the surroundings: of CI providers by their own programs and addresses, in files."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from assay.adapters import oidc
from assay.errors import ExternalError, InputError, Refused

_PROVIDERS = ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME")


def token(subject: str, audience: str = "sigstore") -> str:
    parts = ({"alg": "ES256"}, {"sub": subject, "iss": "https://issuer.example", "aud": audience, "exp": 2e9})
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts), "c2ln"])


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider but the one of the test."""
    for name in (*_PROVIDERS, "SIGSTORE_ID_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def found() -> str:
    held = oidc.found("", dict(os.environ), time.time())
    return str(held.claims["sub"]) if held is not None else ""


def program(folder: Path, name: str, wanted: str, said: str) -> None:
    """A provider's program, which answers the one call that is right."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n[ \"$*\" = '{wanted}' ] && echo '{said}' || {{ echo not allowed >&2; exit 1; }}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("variable", "name", "arguments"),
    [
        ("BUILDKITE", "buildkite-agent", "oidc request-token --audience sigstore"),
        ("CIRCLECI", "circleci", 'run oidc get --claims {"aud": "sigstore"} --root-issuer'),
    ],
)
def test_programs_of_providers_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str, arguments: str
) -> None:
    monkeypatch.setenv(variable, "true")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path, name, arguments, token(variable))
    assert found() == variable
    program(tmp_path, name, "something else", "")
    with pytest.raises(ExternalError, match="gave no identity token"):
        found()


def test_gitlab_puts_it_into_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    with pytest.raises(ExternalError, match="SIGSTORE_ID_TOKEN"):
        found()
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", token("project_path:acme/app"))
    assert found() == "project_path:acme/app"


class _GitHub(BaseHTTPRequestHandler):
    """The address that GitHub gives to a job with ``id-token: write``."""

    def do_GET(self) -> None:
        good = self.headers["Authorization"] == "bearer secret" and self.path.endswith("audience=sigstore")
        body = json.dumps({"value": token("repo:acme/app")} if good else {}).encode()
        self.send_response(200 if good else 403)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _GitHub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token?api-version=2.0"
        server.shutdown()
        thread.join()


def test_github_gives_one_to_a_job_that_may_have_it(monkeypatch: pytest.MonkeyPatch, github: str) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", github)
    with pytest.raises(ExternalError, match="permissions"):
        found()
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret")
    assert found() == "repo:acme/app"


def test_files_that_are_projected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes writes the token of a service account into a file, SPIFFE's helper that of a workload."""
    path = tmp_path / "token"
    path.write_text(token("system:serviceaccount:app:builder") + "\n")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN_FILE", str(path))
    assert found() == "system:serviceaccount:app:builder"
    monkeypatch.setattr(oidc, "FILES", (str(path),))
    monkeypatch.delenv("SIGSTORE_ID_TOKEN_FILE")
    assert found() == "system:serviceaccount:app:builder"
    path.write_text(token("somebody", "another"))
    with pytest.raises(Refused, match="not for 'sigstore'"):
        found()
    path.write_bytes(b"\xff")
    with pytest.raises(InputError):
        found()


def test_nothing_is_found_where_nothing_is() -> None:
    assert found() == ""
