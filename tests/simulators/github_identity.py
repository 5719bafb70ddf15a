"""GitHub Actions' identity provider on loopback: the address that a run asks for its token, discovery and keys."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

REQUEST_TOKEN = "of-this-run"
SHA = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class GitHub:
    """A repository and a ref; the claims are those that GitHub's documentation of OpenID Connect lists."""

    repository: str = "team/app"
    ref: str = "refs/heads/main"
    event: str = "push"
    asked: list[str] = field(default_factory=list)
    port: int = 0
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workflow(self) -> str:
        return f"{self.repository}/.github/workflows/assay.yml@{self.ref}"

    @property
    def environment(self) -> dict[str, str]:
        """What the runner tells a job with ``id-token: write``."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.issuer}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        }

    def claims(self, audience: str) -> dict[str, Any]:
        now = int(time.time())
        owner = self.repository.partition("/")[0]
        return {
            "iss": self.issuer,
            "aud": audience,
            "sub": f"repo:{self.repository}:ref:{self.ref}",
            "iat": now,
            "nbf": now - 60,
            "exp": now + 300,
            "jti": f"run-{len(self.asked)}",
            "actor": "octocat",
            "event_name": self.event,
            "job_workflow_ref": self.workflow,
            "job_workflow_sha": SHA,
            "ref": self.ref,
            "ref_type": "branch",
            "repository": self.repository,
            "repository_id": "74",
            "repository_owner": owner,
            "repository_owner_id": "65",
            "repository_visibility": "private",
            "run_attempt": "2",
            "run_id": "1234",
            "run_number": "10",
            "runner_environment": "github-hosted",
            "sha": SHA,
            "workflow": "assay",
            "workflow_ref": self.workflow,
            "workflow_sha": SHA,
        }

    def token(self, audience: str) -> str:
        return jwt.encode(self.claims(audience), self.key, "RS256", headers={"kid": "1"})

    def keys(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        return {"keys": [{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", **_numbers(numbers.n, numbers.e)}]}


def _numbers(modulus: int, exponent: int) -> dict[str, str]:
    def text(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()

    return {"n": text(modulus), "e": text(exponent)}


@contextmanager
def serve(github: GitHub) -> Iterator[GitHub]:
    """The provider on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"github": github}))
    server.daemon_threads = True
    github.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    github: GitHub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        github, parts = self.github, urlsplit(self.path)
        github.asked.append(self.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self._answer(200, {"issuer": github.issuer, "jwks_uri": f"{github.issuer}/jwks"})
            case "/jwks":
                self._answer(200, github.keys())
            case "/token" if self.headers.get("Authorization", "").lower() == f"bearer {REQUEST_TOKEN}":
                self._answer(200, {"value": github.token(parse_qs(parts.query).get("audience", ["none"])[0])})
            case "/token":
                self._answer(401, {"message": "no"})
            case _:
                self._answer(404, {})

    def _answer(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
