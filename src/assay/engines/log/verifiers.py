"""Who signed what is to be logged: keys and certificates as they come, and whether the signature is theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from assay.errors import Malformed, Refused
from assay.formats import pem
from assay.trust import certificates, ed25519ph, keys

DETAILS = {
    0: "PUBLIC_KEY_DETAILS_UNSPECIFIED",
    1: "PKCS1_RSA_PKCS1V5",
    2: "PKCS1_RSA_PSS",
    3: "PKIX_RSA_PKCS1V5",
    4: "PKIX_RSA_PSS",
    5: "PKIX_ECDSA_P256_SHA_256",
    6: "PKIX_ECDSA_P256_HMAC_SHA_256",
    7: "PKIX_ED25519",
    8: "PKIX_ED25519_PH",
    9: "PKIX_RSA_PKCS1V15_2048_SHA256",
    10: "PKIX_RSA_PKCS1V15_3072_SHA256",
    11: "PKIX_RSA_PKCS1V15_4096_SHA256",
    12: "PKIX_ECDSA_P384_SHA_384",
    13: "PKIX_ECDSA_P521_SHA_512",
    14: "LMS_SHA256",
    15: "LMOTS_SHA256",
    16: "PKIX_RSA_PSS_2048_SHA256",
    17: "PKIX_RSA_PSS_3072_SHA256",
    18: "PKIX_RSA_PSS_4096_SHA256",
    19: "PKIX_ECDSA_P384_SHA_256",
    20: "PKIX_ECDSA_P521_SHA_256",
    21: "ML_DSA_65",
    22: "ML_DSA_87",
}
"""``PublicKeyDetails`` of ``sigstore_common.proto``."""

HASHES = {
    "PKIX_ECDSA_P256_SHA_256": ("ECDSA secp256r1", "sha256"),
    "PKIX_ECDSA_P384_SHA_384": ("ECDSA secp384r1", "sha384"),
    "PKIX_ECDSA_P521_SHA_512": ("ECDSA secp521r1", "sha512"),
    "PKIX_RSA_PKCS1V15_2048_SHA256": ("RSA 2048", "sha256"),
    "PKIX_RSA_PKCS1V15_3072_SHA256": ("RSA 3072", "sha256"),
    "PKIX_RSA_PKCS1V15_4096_SHA256": ("RSA 4096", "sha256"),
    "PKIX_ED25519": ("Ed25519", ""),
    "PKIX_ED25519_PH": ("Ed25519", "sha512"),
}
"""The kind of key and the hash of the details that the log takes."""


class Verifier(NamedTuple):
    """A key, or the certificate it is in."""

    der: bytes
    is_certificate: bool
    key: keys.Key

    @property
    def terms(self) -> tuple[str, ...]:
        """What an entry with it is found by."""
        return _terms(self.der, self.is_certificate)

    @property
    def pem(self) -> bytes:
        """As PEM, the way Rekor v1 writes it."""
        return pem.write("CERTIFICATE" if self.is_certificate else "PUBLIC KEY", self.der).encode()


@lru_cache(1024)
def load(der: bytes, is_certificate: bool) -> Verifier:
    """The verifier; raises `Malformed` for what is none."""
    if is_certificate:
        return Verifier(der, True, keys.load(certificates.load(der).public_key))
    key = keys.load(der)
    if keys.spki(key) != der:
        raise Malformed("the key is no SubjectPublicKeyInfo in DER")
    return Verifier(der, False, key)


def from_pem(text: bytes) -> Verifier:
    """The first key or certificate of a PEM text; a PKCS #1 key becomes a SubjectPublicKeyInfo."""
    label, der = pem.blocks(text)[0]
    if label == "CERTIFICATE":
        return load(der, True)
    if label not in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        raise Malformed(f"a PEM block {label} is neither a public key nor a certificate")
    return load(keys.spki(keys.load(der)), False)


@lru_cache(1024)
def _terms(der: bytes, is_certificate: bool) -> tuple[str, ...]:
    digest = hashlib.sha256(der).hexdigest()
    if not is_certificate:
        return (f"key:{digest}",)
    try:
        names = certificates.identity(certificates.load(der)).names
    except (Malformed, ValueError):
        names = ()
    return (f"certificate:{digest}", *(f"subject:{name.lower()}" for name in names[:16]))


def check_digest(verifier: Verifier, signature: bytes, algorithm: str, digest: bytes) -> None:
    """Raise `Refused` unless the signature is the verifier's over what has that digest (the hash of its key)."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key = verifier.key
    if isinstance(key, ec.EllipticCurvePublicKey):
        _one(lambda: key.verify(signature, digest, ec.ECDSA(_prehashed(algorithm))))
    elif isinstance(key, rsa.RSAPublicKey):
        _one(lambda: key.verify(signature, digest, _pkcs1(), _prehashed(algorithm)))
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        raise Malformed(f"keys of the kind {keys.describe(key)} sign no digests here")
    elif not ed25519ph.holds(keys.spki(key)[-32:], signature, digest):
        raise Refused("the signature is not one of the Ed25519 key (Ed25519ph) over this digest")


def _one(attempt: Callable[[], object]) -> None:
    from cryptography.exceptions import InvalidSignature

    try:
        attempt()
    except (InvalidSignature, ValueError) as error:
        raise Refused("the signature is not one of this key over this digest") from error


@lru_cache(8)
def _prehashed(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    found: dict[str, Any] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
    return Prehashed(found[algorithm]())


@lru_cache(1)
def _pkcs1() -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.PKCS1v15()
