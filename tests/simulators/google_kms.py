"""Google Cloud KMS on loopback: its documented REST form, with real keys and checksums, and a service account."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from assay.formats.crc32c import crc32c
from assay.model.signature import Scheme
from simulators.key_service import Answer, KeyServer

RING = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys"
RSA = rsa.generate_private_key(65537, 2048)
"""The folder of its keys, each with the versions 9 and 10; the last version signs."""
KEYS: dict[str, tuple[str, Any, Scheme]] = {
    "p256": ("EC_SIGN_P256_SHA256", ec.generate_private_key(ec.SECP256R1()), Scheme.ECDSA_P256),
    "p384": ("EC_SIGN_P384_SHA384", ec.generate_private_key(ec.SECP384R1()), Scheme.ECDSA_P384),
    "ed": ("EC_SIGN_ED25519", ed25519.Ed25519PrivateKey.generate(), Scheme.ED25519),
    "pkcs1": ("RSA_SIGN_PKCS1_2048_SHA256", RSA, Scheme.RSA_2048),
    "pss": ("RSA_SIGN_PSS_2048_SHA256", RSA, Scheme.RSA_PSS_2048),
    **{
        role: ("EC_SIGN_P256_SHA256", ec.generate_private_key(ec.SECP256R1()), Scheme.ECDSA_P256)
        for role in ("ca", "ca-2", "tsa", "tsa-2", "ct", "log-v1", "tuf")
    },
    "log-v2": ("EC_SIGN_ED25519", ed25519.Ed25519PrivateKey.generate(), Scheme.ED25519),
    "sha512": ("RSA_SIGN_PKCS1_4096_SHA512", RSA, Scheme.RSA_4096),
    "other": ("EC_SIGN_P384_SHA384", RSA, Scheme.ECDSA_P384),
}
HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}


def _made(name: str, body: dict[str, Any]) -> bytes:
    """What the service signs; it takes only what the key's algorithm wants, with the right checksum."""
    algorithm, key, _ = KEYS[name]
    what = "data" if algorithm == "EC_SIGN_ED25519" else "digest"
    (text,) = body[what].values() if what == "digest" else (body[what],)
    data = base64.b64decode(text, validate=True)
    assert body[f"{what}Crc32c"] == str(crc32c(data))
    if what == "data":
        return bytes(key.sign(data))
    ((hashed, _),) = body[what].items()
    assert algorithm.endswith(hashed.upper())
    prehashed = utils.Prehashed(HASHES[hashed])
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(prehashed))
    pss = padding.PSS(padding.MGF1(HASHES[hashed]), 32)
    return bytes(key.sign(data, pss if "PSS" in algorithm else padding.PKCS1v15(), prehashed))


def answer(method: str, path: str, body: dict[str, Any]) -> Answer:
    if path == "/token":
        assert "grant-type%3Ajwt-bearer" in body["form"]
        return 200, {"access_token": "ya29.secret", "expires_in": 3600, "token_type": "Bearer"}
    name, _, rest = path.removeprefix(f"/v1/{RING}/").partition("/")
    if name not in KEYS:
        return 404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "account me@example is curious"}}
    whole = f"{RING}/{name}/cryptoKeyVersions"
    if method == "GET" and rest.startswith("cryptoKeyVersions?filter=state%3DENABLED"):
        numbers = () if name == "other" else (9, 10)
        return 200, {"cryptoKeyVersions": [{"name": f"{whole}/{number}", "state": "ENABLED"} for number in numbers]}
    if method == "GET" and rest == "cryptoKeyVersions/10/publicKey":
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        text = KEYS[name][1].public_key().public_bytes(*form).decode()
        found = {"pem": text, "algorithm": KEYS[name][0], "pemCrc32c": str(crc32c(text.encode()))}
        return 200, {"name": f"{whole}/10", **found}
    if method == "POST" and rest == "cryptoKeyVersions/10:asymmetricSign":
        signature, what = _made(name, body), "Data" if "ED25519" in KEYS[name][0] else "Digest"
        found = {"signature": base64.b64encode(signature).decode(), "signatureCrc32c": str(crc32c(signature))}
        return 200, {"name": f"{whole}/10", f"verified{what}Crc32c": True, **found}
    return 404, {}


@contextmanager
def google_kms(folder: Path) -> Iterator[tuple[KeyServer, dict[str, str]]]:
    """The service, and the variables that lead a process to it; its account is put into `folder`."""
    with KeyServer(answer, "ya29.secret").serving() as server:
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        account = {
            "type": "service_account",
            "client_email": "me@project.example",
            "private_key": RSA.private_bytes(*form).decode(),
            "token_uri": f"{server.url}/token",
        }
        (folder / "account.json").write_text(json.dumps(account))
        variables = {"GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json")}
        yield server, {**variables, "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": f"{server.url}/"}
