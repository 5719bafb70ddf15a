"""Passwords that key services have encrypted: AWS by moto, the others by servers with real keys."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.server import ThreadedMotoServer

from assay.adapters.signers import unwrapping
from assay.cli.sigstore import _passwords
from assay.errors import AssayError, ExternalError, UsageError
from assay.formats.crc32c import crc32c
from simulators.key_service import Answer, KeyServer

SECRET = b"a password of the instance"
AES, NONCE = AESGCM(os.urandom(32)), os.urandom(12)
RSA = rsa.generate_private_key(65537, 2048)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
VERSION = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://{host}:{port}")
    for name, value in {"DEFAULT_REGION": "eu-west-1", "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    yield f"awskms:///{boto3.client('kms').create_key()['KeyMetadata']['KeyId']}"
    server.stop()


def test_the_password_of_an_instance_is_decrypted_by_aws(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = aws.removeprefix("awskms:///")
    blob: bytes = boto3.client("kms").encrypt(KeyId=key, Plaintext=SECRET + b"\n")["CiphertextBlob"]
    monkeypatch.setenv("ASSAY_SIGSTORE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("ASSAY_SIGSTORE_PASSWORD_KEY", aws)
    for data in (blob, base64.b64encode(blob), base64.encodebytes(blob)):
        (tmp_path / "password").write_bytes(data)
        assert _passwords.password() == SECRET
    (tmp_path / "password").write_bytes(base64.b64encode(blob[:-1] + b"x"))
    with pytest.raises(ExternalError):
        _passwords.password()
    monkeypatch.delenv("ASSAY_SIGSTORE_PASSWORD_FILE")
    with pytest.raises(UsageError, match="no encrypted password"):
        _passwords.password()


def test_the_password_is_a_systemd_credential(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_SIGSTORE_PASSWORD_FILE", raising=False)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "assay-sigstore-password").write_bytes(SECRET + b"\n")
    assert _passwords.password() == SECRET
    key = aws.removeprefix("awskms:///")
    blob: bytes = boto3.client("kms").encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    (tmp_path / "assay-sigstore-password").write_bytes(blob)
    monkeypatch.setenv("ASSAY_SIGSTORE_PASSWORD_KEY", aws)
    assert _passwords.password() == SECRET


def google(method: str, path: str, body: dict[str, Any]) -> Answer:
    if path == "/token":
        return 200, {"access_token": "ya29", "expires_in": 3600, "token_type": "Bearer"}
    assert (method, path) == ("POST", f"/v1/{KEY}:decrypt")
    data = base64.b64decode(body["ciphertext"], validate=True)
    assert body["ciphertextCrc32c"] == str(crc32c(data))
    plain = AES.decrypt(NONCE, data, None)
    return 200, {"plaintext": base64.b64encode(plain).decode(), "plaintextCrc32c": str(crc32c(plain))}


def test_google_decrypts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with KeyServer(google, "ya29").serving() as server:
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        account = {"type": "service_account", "client_email": "me", "token_uri": f"{server.url}/token"}
        account["private_key"] = RSA.private_bytes(*form).decode()
        (tmp_path / "account.json").write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", server.url)
        sealed = AES.encrypt(NONCE, SECRET, None)
        assert unwrapping.decrypt(f"gcpkms://{KEY}", sealed) == SECRET
        server.answer = lambda *words: (200, {"plaintext": "YWJj", "plaintextCrc32c": "1"})
        server.refuse_token = google("POST", "/token", {})
        with pytest.raises(ExternalError, match="checksum"):
            unwrapping.decrypt(f"gcpkms://{KEY}", sealed)


def azure(method: str, path: str, body: dict[str, Any]) -> Answer:
    if path.startswith("/token"):
        return 200, {"access_token": "eyJ", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
    assert (method, path) == ("POST", f"/keys/k/{VERSION}/decrypt?api-version=7.4")
    assert body["alg"] == "RSA-OAEP-256"
    data = base64.urlsafe_b64decode(body["value"] + "=" * (-len(body["value"]) % 4))
    plain = base64.urlsafe_b64encode(RSA.decrypt(data, OAEP)).rstrip(b"=").decode()
    return 200, {"kid": f"https://team.vault.azure.net/keys/k/{VERSION}", "value": plain}


def test_azure_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    with KeyServer(azure, "eyJ").serving() as server:
        for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "secret")
        monkeypatch.setenv("ASSAY_AZURE_KEYVAULT_URL", server.url)
        sealed = base64.urlsafe_b64encode(RSA.public_key().encrypt(SECRET, OAEP)).rstrip(b"=")
        assert unwrapping.decrypt(f"azurekms://team/k/{VERSION}", sealed) == SECRET
        with pytest.raises(UsageError, match="no version"):
            unwrapping.decrypt("azurekms://team/k", sealed)


class Transit(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Vault-Token"] == "s.secret"
        plain = AES.decrypt(NONCE, base64.b64decode(asked["ciphertext"].removeprefix("vault:v1:")), None)
        body = json.dumps({"data": {"plaintext": base64.b64encode(plain).decode()}}).encode()
        self.send_response(200 if self.path == "/v1/transit/decrypt/k" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_vault_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("VAULT_TOKEN", "s.secret")
    monkeypatch.delenv("TRANSIT_SECRET_ENGINE_PATH", raising=False)
    sealed = b"vault:v1:" + base64.b64encode(AES.encrypt(NONCE, SECRET, None)) + b"\n"
    assert unwrapping.decrypt("hashivault://k", sealed) == SECRET
    with pytest.raises(ExternalError, match="404"):
        unwrapping.decrypt("hashivault://other", sealed)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", ["", "cosign.key", "pkcs11:token=a;object=b", "gitlab://x", "gcpkms://x"])
def test_other_addresses_decrypt_nothing(address: str) -> None:
    with pytest.raises(AssayError):
        unwrapping.decrypt(address, b"x")
