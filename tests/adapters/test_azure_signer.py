"""Keys in Azure Key Vault, against a server on loopback that speaks its documented REST form with real keys."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.signers import open_signer, public_key
from assay.adapters.signers.azure import read_address
from assay.errors import ExternalError, InputError, Malformed, UsageError
from assay.model.signature import Scheme
from assay.trust import keys
from simulators.key_service import Answer, KeyServer

VERSION = "0123456789abcdef0123456789abcdef"
KEYS: dict[str, tuple[str, Any, Scheme]] = {
    "p256": ("ES256", ec.generate_private_key(ec.SECP256R1()), Scheme.ECDSA_P256),
    "p384": ("ES384", ec.generate_private_key(ec.SECP384R1()), Scheme.ECDSA_P384),
    "p521": ("ES512", ec.generate_private_key(ec.SECP521R1()), Scheme.ECDSA_P521),
    "rsa": ("RS256", rsa.generate_private_key(65537, 2048), Scheme.RSA_2048),
    "k1": ("ES256K", ec.generate_private_key(ec.SECP256K1()), Scheme.ECDSA_P256),
}
HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "P-256K"}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return encoded(value.to_bytes(size, "big"))


def web_key(name: str, kid: str) -> dict[str, object]:
    found = KEYS[name][1].public_key()
    if isinstance(found, rsa.RSAPublicKey):
        held = found.public_numbers()
        return {"kid": kid, "kty": "RSA", "e": number(held.e, 3), "n": number(held.n, 256)}
    size, point = (found.key_size + 7) // 8, found.public_numbers()
    both = {"x": number(point.x, size), "y": number(point.y, size)}
    return {"kid": kid, "kty": "EC-HSM", "crv": CURVES[found.curve.name], **both}


def made(name: str, body: dict[str, Any]) -> bytes:
    algorithm, key, _ = KEYS[name]
    assert body["alg"] == algorithm
    digest = base64.urlsafe_b64decode(body["value"] + "=" * (-len(body["value"]) % 4))
    prehashed = utils.Prehashed(HASHES[algorithm[2:]])
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), prehashed)
    size = (key.key_size + 7) // 8
    r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(prehashed)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def answer(method: str, path: str, body: dict[str, Any]) -> Answer:
    parts = urlsplit(path)
    if parts.path == "/token":
        resource = parse_qs(parts.query)["resource"][0]
        found = {"access_token": "eyJ.secret", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        return (200, found) if resource == "https://vault.azure.net" else (400, {})
    assert parts.query == "api-version=7.4"
    words = parts.path.strip("/").split("/")
    if words[0] != "keys" or words[1] not in KEYS or (len(words) > 2 and words[2] != VERSION):
        return 404, {"error": {"code": "KeyNotFound", "message": "the object id of me is curious"}}
    kid = f"https://team.vault.azure.net/keys/{words[1]}/{VERSION}"
    if method == "GET" and len(words) <= 3:
        return 200, {"key": web_key(words[1], kid), "attributes": {"enabled": True}}
    if method == "POST" and words[2:] == [VERSION, "sign"]:
        return 200, {"kid": kid, "value": encoded(made(words[1], body))}
    return 404, {}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    with KeyServer(answer, "eyJ.secret").serving() as server:
        for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/token")  # as App Service has it
        monkeypatch.setenv("IDENTITY_HEADER", "header-secret")
        monkeypatch.setenv("ASSAY_AZURE_KEYVAULT_URL", server.url)
        yield server


@pytest.mark.parametrize("name", ["p256", "p384", "p521", "rsa"])
@pytest.mark.parametrize("version", ["", f"/{VERSION}"])
def test_a_key_signs(azure: KeyServer, name: str, version: str) -> None:
    signer = open_signer(f"azurekms://team/{name}{version}", bytes)
    assert signer.scheme is KEYS[name][2]
    for message in (b"program", b"another"):
        keys.check(keys.load(signer.public_key), signer.sign(message), keys.Signed(message))
    assert public_key(f"azurekms://team.vault.azure.net/{name}") == signer.public_key
    assert "cHJvZ3JhbQ" not in json.dumps(azure.asked)  # the digest alone goes there
    assert all(f"/{VERSION}/sign" in path for method, path, _ in azure.asked if method == "POST")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "KeyNotFound"),
        (429, "Throttled"),
        (500, "InternalError"),
    ],
)
def test_refusals_are_told_by_their_code_alone(azure: KeyServer, status: int, code: str) -> None:
    signer = open_signer("azurekms://team/p256", bytes)
    azure.refuse = status, {"error": {"code": code, "message": "oid=me may not"}}
    with pytest.raises(ExternalError, match=f"{status} {code}") as told:
        signer.sign(b"program")
    assert "oid" not in told.value.what + told.value.remedy
    assert "secret" not in told.value.what + told.value.remedy


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "AAAA"},
        {"value": "%"},
        {"value": ""},
        {"kid": f"https://team.vault.azure.net/keys/other/{VERSION}"},
        {"kid": None},
    ],
)
def test_what_is_no_signature_of_the_key_is_refused(azure: KeyServer, changed: dict[str, object]) -> None:
    signer = open_signer("azurekms://team/p256", bytes)

    def other(method: str, path: str, body: dict[str, Any]) -> Answer:
        status, found = answer(method, path, body)
        assert isinstance(found, dict)
        return status, {**found, **changed}

    azure.answer = other
    with pytest.raises(Malformed):
        signer.sign(b"program")


@pytest.mark.parametrize(
    "held",
    [
        None,
        {},
        {"kid": f"https://x/keys/p256/{VERSION}"},
        {"kid": f"https://x/keys/other/{VERSION}", "kty": "EC"},
        {"kid": f"https://x/keys/p256/{VERSION}", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": f"https://x/keys/p256/{VERSION}", "kty": "EC", "crv": "P-256", "x": "%", "y": 1},
        {"kid": f"https://x/keys/p256/{VERSION}", "kty": "RSA", "n": "AQ", "e": "AQ"},
        {"kid": f"https://x/keys/p256/{VERSION}", "kty": "oct"},
    ],
)
def test_keys_that_are_none_are_refused(azure: KeyServer, held: object) -> None:
    def other(method: str, path: str, body: dict[str, Any]) -> Answer:
        return answer(method, path, body) if path.startswith("/token") else (200, {"key": held})

    azure.answer = other
    with pytest.raises(Malformed):
        open_signer("azurekms://team/p256", bytes)


def test_keys_and_credentials_that_do_not_serve_are_told(azure: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExternalError, match="KeyNotFound"):
        open_signer("azurekms://team/none", bytes)
    with pytest.raises(ExternalError):
        open_signer("azurekms://team/p256/00000000000000000000000000000000", bytes)
    with pytest.raises(Malformed, match="P-256K"):
        open_signer("azurekms://team/k1", bytes)
    azure.token = "another"
    with pytest.raises(ExternalError, match="401"):
        open_signer("azurekms://team/p256", bytes)
    refusals: list[Answer] = [(400, {}), (200, b"[]"), (200, b"\xff"), (200, b"[" * 100_000)]
    for refusal in refusals:
        azure.refuse_token = refusal
        with pytest.raises(ExternalError, match="no credentials for Azure") as told:
            open_signer("azurekms://team/p256", bytes)
        assert "header-secret" not in str(told.value)
    monkeypatch.setenv("ASSAY_AZURE_KEYVAULT_URL", "http://vault.example")
    with pytest.raises(InputError, match="without TLS"):
        open_signer("azurekms://team/p256", bytes)


@given(st.text(alphabet="az09-./:?#@ é\n", max_size=40))
def test_addresses_are_read_or_refused(rest: str) -> None:
    try:
        found = read_address(rest)
    except UsageError:
        return
    again = "/".join(filter(None, (found["vault"], found["key"], found["version"])))
    assert again == rest.rstrip("/")
    assert urlsplit(f"https://{found['vault']}").hostname == found["vault"].lower()
