"""Keys in Vault, against a server on loopback that speaks the transit engine's documented form with real keys."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from assay.adapters.signers import open_signer
from assay.errors import ExternalError, InputError, UsageError

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo


class Transit(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = KEY.public_key().public_bytes(serialization.Encoding.PEM, PUBLIC).decode()
        known = self.path == "/v1/transit/keys/release"
        self.answer({"latest_version": 2, "keys": {"2": {"public_key": text}}} if known else None)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        right = self.path == "/v1/transit/sign/release/sha2-256" and asked["prehashed"] and asked["key_version"] == 2
        made = KEY.sign(base64.b64decode(asked["input"]), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        self.answer({"signature": f"vault:v2:{base64.b64encode(made).decode()}"} if right else None)

    def answer(self, data: object) -> None:
        allowed = self.headers["X-Vault-Token"] == "s.secret"
        body = json.dumps({"data": data}).encode()
        self.send_response(403 if not allowed else 404 if data is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(autouse=True)
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("VAULT_TOKEN", "s.secret")
    monkeypatch.delenv("TRANSIT_SECRET_ENGINE_PATH", raising=False)
    yield
    server.shutdown()
    server.server_close()


def test_signs_by_the_version_whose_key_is_known() -> None:
    signer = open_signer("hashivault://release", lambda: b"")
    KEY.public_key().verify(signer.sign(b"artifact"), b"artifact", ec.ECDSA(hashes.SHA256()))


def test_refusals_name_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExternalError, match="404"):
        open_signer("hashivault://other", lambda: b"")
    monkeypatch.setenv("VAULT_TOKEN", "s.wrong")
    with pytest.raises(ExternalError, match="403") as caught:
        open_signer("hashivault://release", lambda: b"")
    assert "s.wrong" not in str(caught.value)
    monkeypatch.delenv("VAULT_TOKEN")
    with pytest.raises(UsageError):
        open_signer("hashivault://release", lambda: b"")


def test_a_token_never_goes_out_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://vault.example:8200")
    monkeypatch.setenv("VAULT_TOKEN", "secret")
    with pytest.raises(InputError, match="without TLS"):
        open_signer("hashivault://key", bytes)
