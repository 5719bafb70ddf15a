"""What the real Fulcio answered (`data/fulcio.jsonl`), asked of ours: status, text, and every extension."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.adapters.sigstore_instance.issuer_keys import IssuerKeys
from assay.app.sigstore import key_set
from assay.engines.authority import issuers, requests, tokens
from assay.engines.authority import x509 as writer
from assay.engines.authority.issuing import CertificateAuthority
from assay.errors import Refused
from assay.formats import der
from assay.trust import signing

DATA = Path(__file__).parent / "data"
ROWS = {row["name"]: row for row in map(json.loads, (DATA / "fulcio.jsonl").read_text().splitlines())}
ISSUER, OTHER, KEY = signing.generate(), signing.generate(), ec.generate_private_key(ec.SECP256R1())
KID = signing.digest(ISSUER.public_key)[:16]
KNOWN = issuers.read((DATA / "fulcio-config.yaml").read_bytes())
URL = "http://127.0.0.1:8888"
EMAIL = {"iss": URL, "aud": "sigstore", "sub": "123", "email": "alice@example.com", "email_verified": True}
ISSUED = [name for name, row in ROWS.items() if row.get("leaf")]


def token(claims: dict[str, Any], key: Any = None, algorithm: str = "ES256", **times: int) -> str:
    now = int(time.time())
    whole = {**claims, "iat": now, "exp": now + 600, **times}
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(kept, key or ISSUER.private, algorithm=algorithm, headers={"kid": KID})


def csr(key: Any) -> bytes:
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    text = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, digest).public_bytes(Encoding.PEM)
    return json.dumps({"certificateSigningRequest": base64.b64encode(text).decode()}).encode()


def answer(body: bytes, text: str) -> x509.Certificate:
    """The certificate that the steps of `assay.server.fulcio` lead to."""
    keys = IssuerKeys({url: key_set(ISSUER) for url in KNOWN.exact})
    request = requests.read(body, f"Bearer {text}")
    url, key_id = tokens.issuer_of(request.token)
    issuer = KNOWN.of(url)
    claims = tokens.check(request.token, keys.key(url, key_id), url, issuer.audience)
    identity = issuers.identify(issuer, claims)
    requests.check_proof(request, identity.challenge)
    return x509.load_der_x509_certificate(AUTHORITY.issue(identity, request.key, datetime.now(UTC)).certificate)


def authority() -> CertificateAuthority:
    root, ca = signing.generate(), signing.generate()
    names = writer.name("assay", "root"), writer.name("assay", "intermediate")
    chain = writer.authority(root, ca.public_key, names, datetime.now(UTC), 5, (writer.basic_constraints(0),))
    return CertificateAuthority(ca, (chain,), signing.generate())


AUTHORITY = authority()


def text_of(extension: x509.Extension[Any]) -> str:
    raw = extension.value.value
    assert isinstance(raw, bytes)
    number = int(extension.oid.dotted_string.rpartition(".")[2])
    return (raw if number < 7 else der.one(raw).expect(der.UTF8).content).decode()


@pytest.mark.parametrize("name", [name for name in ISSUED if ROWS[name]["claims"]])
def test_certificates_are_those_of_fulcio(name: str) -> None:
    row = ROWS[name]
    claims = {key: value for key, value in row["claims"].items() if key not in ("iat", "exp")}
    found = answer(csr(KEY), token(claims))
    wanted = row["leaf"]["extensions"]
    arc = "1.3.6.1.4.1.57264.1."
    ours = {
        item.oid.dotted_string: text_of(item) for item in found.extensions if item.oid.dotted_string.startswith(arc)
    }
    assert ours == {oid: text for oid, text in wanted.items() if oid.startswith(arc)}
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [item.value for item in names.value] == row["san"]
    assert names.critical
    assert found.subject == x509.Name([])
    assert (found.not_valid_after_utc - found.not_valid_before_utc).total_seconds() == row["leaf"]["validity_s"]
    assert found.serial_number.bit_length() <= 159
    assert found.extensions.get_extension_for_class(x509.KeyUsage).critical
    assert len(found.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value) == 1


KEYS: dict[str, Callable[[], Any]] = {
    "CSR with P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "CSR with P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "CSR with P-224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "CSR with secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "CSR with Ed25519": ed25519.Ed25519PrivateKey.generate,
    "CSR with RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "CSR with RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "CSR with RSA 3072 exponent 3": lambda: rsa.generate_private_key(3, 3072),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_taken_or_refused_as_by_fulcio(name: str) -> None:
    body = csr(KEYS[name]())
    if ROWS[name]["status"] == 200:
        answer(body, token(EMAIL))
        return
    with pytest.raises(Refused) as refused:
        answer(body, token(EMAIL))
    assert refused.value.what == ROWS[name]["response"]["message"]


def hs256() -> str:
    """Signed with the public key as if it were a secret; PyJWT would not make it."""
    import hashlib
    import hmac

    head, body, _ = token(EMAIL).split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"%s"}' % KID.encode()).decode().rstrip("=")
    mac = hmac.digest(ISSUER.public_key, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def none_token() -> str:
    """Not signed at all."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{token(EMAIL).split('.')[1]}."


def later(seconds: int) -> int:
    """A moment as seen when it is asked for: a run of all tests takes a while."""
    return int(time.time()) + seconds


TOKENS: dict[str, Callable[[], str]] = {
    "token is not a JWT": lambda: "nonsense",
    "token of an unknown issuer": lambda: token({**EMAIL, "iss": "http://127.0.0.1:8888/other"}),
    "token with another audience": lambda: token({**EMAIL, "aud": "other"}),
    "token expired": lambda: token(EMAIL, exp=later(-100)),
    "token not yet valid (nbf)": lambda: token(EMAIL, nbf=later(1000)),
    "token signed by another key": lambda: token(EMAIL, OTHER.private),
    "token alg none": none_token,
    "token HS256 with the public key": hs256,
    "email not verified": lambda: token({**EMAIL, "email_verified": False}),
    "email missing": lambda: token({**EMAIL, "email": None}),
    "email is not an address": lambda: token({**EMAIL, "email": "alice"}),
    "URI subject of another domain": lambda: token(
        {"iss": f"{URL}/uri", "aud": "sigstore", "sub": "http://x.example/1"}
    ),
    "SPIFFE of another trust domain": lambda: token(
        {"iss": f"{URL}/spiffe", "aud": "sigstore", "sub": "spiffe://other.example/app"}
    ),
}


@pytest.mark.parametrize("name", TOKENS)
def test_bad_tokens_are_refused_with_fulcios_text(name: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(csr(KEY), TOKENS[name]())
    assert refused.value.what == ROWS[name]["response"]["message"]
    assert URL not in refused.value.remedy


def test_a_token_of_the_future_is_refused() -> None:
    with pytest.raises(Refused, match="identity token"):
        answer(csr(KEY), token(EMAIL, iat=later(1000)))


def test_possession_of_the_key_is_proved() -> None:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for signed, good in ((b"alice@example.com", True), (b"123", False), (b"", False)):
        proof = base64.b64encode(KEY.sign(signed, ec.ECDSA(hashes.SHA256()))).decode()
        body = json.dumps({"publicKeyRequest": {"publicKey": {"content": pem}, "proofOfPossession": proof}}).encode()
        if good:
            answer(body, token(EMAIL))
            continue
        with pytest.raises(Refused) as refused:
            answer(body, token(EMAIL))
        assert refused.value.what == ROWS["proof over another subject"]["response"]["message"]
