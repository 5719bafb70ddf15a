"""An instance as one application: what Fulcio and the timestamp authority answer over HTTP, bent requests included."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from assay.adapters.sigstore.services import _request as certificate_request
from assay.app import sigstore
from assay.app.sigstore import Instance
from assay.formats import certificate, der, pem, timestamp, timestamp_request, trusted_root
from assay.server.development_issuer import DevelopmentIssuer
from assay.server.instance import application
from assay.trust import certificates, signing, timestamps
from simulators.asgi import Answer, ask

ROWS = {
    row["name"]: row for row in map(json.loads, (Path(__file__).parent / "data/fulcio.jsonl").read_text().splitlines())
}
JSON = {"content-type": "application/json"}


@cache
def served() -> tuple[Instance, ASGIApp]:
    """An instance in a folder of this run."""
    folder, now = Path(mkdtemp(prefix="assay-instance-")), sigstore.now()
    sigstore.make(sigstore.Making(folder / "data", folder / "roots", "http://127.0.0.1:1", b"p", b"r", now))
    instance = sigstore.open_instance(folder / "data", b"p", development=True)
    instance.publish(now)
    return instance, application(instance)


def post(path: str, body: bytes, **headers: str) -> Answer:
    return ask(served()[1], "POST", path, body, {**JSON, **headers})


@cache
def request() -> bytes:
    """One certificate request for the whole run: each signature is another."""
    return certificate_request(KEY)


def csr() -> bytes:
    return json.dumps({"certificateSigningRequest": base64.b64encode(request()).decode()}).encode()


KEY = signing.generate()


def bearer(email: str = "you@org.example") -> dict[str, str]:
    return {"authorization": f"Bearer {DevelopmentIssuer(served()[0]).token(email)}"}


@pytest.mark.parametrize("name", ["GET", "unknown path", "healthz", "empty body"])
def test_what_needs_no_token_is_answered_as_fulcio_does(name: str) -> None:
    row = ROWS[name]
    found = ask(served()[1], row["method"], row["path"])
    assert found.status == row["status"]
    if name != "unknown path":
        assert {**found.json(), "details": []} == {"details": [], **row["response"]}


@pytest.mark.parametrize(("path", "status"), [("/api/v2/signingCert", 200), ("/api/v1/signingCert", 201)])
def test_a_certificate_over_both_versions(path: str, status: int) -> None:
    if path.startswith("/api/v1"):
        text = base64.b64encode(request()).decode()
        body = json.dumps({"certificateSigningRequest": text}).encode()
    else:
        body = csr()
    found = post(path, body, **bearer())
    assert found.status == status, found.body
    chain = found.body if status == 201 else _chain(found)
    leaf = certificate.read(pem.certificates(chain)[0])
    assert certificates.identity(leaf).names == ("you@org.example",)
    assert leaf.public_key == KEY.public_key
    assert found.headers["content-type"].startswith("application/pem" if status == 201 else "application/json")


def _chain(found: Answer) -> bytes:
    return "".join(found.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]).encode()


def test_bundle_configuration_and_root() -> None:
    app = served()[1]
    assert len(ask(app, "GET", "/api/v2/trustBundle").json()["chains"][0]["certificates"]) == 2
    assert ask(app, "GET", "/api/v2/configuration").json()["issuers"][0]["issuerType"] == "email"
    assert len(pem.certificates(ask(app, "GET", "/api/v1/rootCert").body)) == 2


def test_a_body_that_is_too_large_is_refused() -> None:
    found = post("/api/v2/signingCert", b"x" * (1 << 20))
    assert (found.status, found.json()["message"]) == (400, "http: request body too large")


def _accepted(data: bytes, message: bytes) -> bool:
    root = trusted_root.read(json.dumps(served()[0].trust_config).encode())
    timestamps.check(timestamp.read(data), message, root.timestamp_authorities)
    return True


def test_timestamps_in_der_and_json() -> None:
    query = {"content-type": "application/timestamp-query"}
    found = post("/api/v1/timestamp", timestamp_request.write(b"signed"), **query)
    assert found.status == 201
    assert _accepted(found.body, b"signed")
    digest = base64.b64encode(hashlib.sha256(b"signed").digest()).decode()
    body = json.dumps({"artifactHash": digest, "hashAlgorithm": "sha256", "certificates": True}).encode()
    found = post("/api/v1/timestamp", body)
    assert found.status == 201
    assert _accepted(found.body, b"signed")
    assert timestamp.read(found.body).certificates
    assert post("/api/v1/timestamp", body, **{"content-type": "text/plain"}).status == 415
    assert post("/api/v1/timestamp", body.replace(b"sha256", b"sha1")).status == 400


def _bent(data: bytes, bit: int) -> bytes:
    raw = bytearray(data)
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return bytes(raw)


@settings(max_examples=120)
@given(bit=st.integers(0, 100_000))
def test_a_bent_timestamp_request_is_refused_or_is_another_request(bit: int) -> None:
    original = timestamp_request.write(b"signed")
    found = post("/api/v1/timestamp", _bent(original, bit), **{"content-type": "application/timestamp-query"})
    assert found.status in (201, 400)
    assert found.status == 400 or len(timestamp.read(found.body).imprint) in (32, 48, 64)


@settings(max_examples=120)
@given(bit=st.integers(0, 100_000))
def test_a_bent_certificate_request_gets_no_certificate(bit: int) -> None:
    der = pem.blocks(request())[0][1]
    text = pem.write("CERTIFICATE REQUEST", _bent(der, bit)).encode()
    body = json.dumps({"certificateSigningRequest": base64.b64encode(text).decode()}).encode()
    found = post("/api/v2/signingCert", body, **bearer())
    assert found.status == 400
    assert found.json()["code"] == 3


def test_a_signature_with_bits_left_over_gets_no_certificate() -> None:
    while (data := pem.blocks(certificate_request(KEY))[0][1])[-1] & 1:
        pass
    at = len(data) - len(der.one(data).sequence()[-1].content)
    text = pem.write("CERTIFICATE REQUEST", data[:at] + b"\1" + data[at + 1 :]).encode()
    body = json.dumps({"certificateSigningRequest": base64.b64encode(text).decode()}).encode()
    assert post("/api/v2/signingCert", body, **bearer()).status == 400


def test_complaints_are_told() -> None:
    instance, app = served()
    assert ask(app, "GET", "/healthz").json() == {"status": "SERVING"}
    instance.log.warnings["clock"] = "the clock jumped by +90 s"
    try:
        assert ask(app, "GET", "/healthz").json()["warnings"] == ["log: the clock jumped by +90 s"]
    finally:
        instance.log.warnings.clear()


def test_tuf_files_and_nothing_else() -> None:
    app = served()[1]
    assert ask(app, "GET", "/1.root.json").status == 200
    for path in (
        "/../keys.pem",
        "/keys.pem",
        "/targets/../../keys.pem",
        "/targets/x",
        "/%2e%2e/keys.pem",
        "//keys.pem",
    ):
        assert ask(app, "GET", path).status == 404
