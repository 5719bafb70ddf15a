"""Signers with keys in memory, for logs in tests."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.model.signature import Scheme


class MemorySigner:
    """See `assay.ports.Signer`."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.scheme = Scheme.ED25519 if isinstance(key, Ed25519PrivateKey) else Scheme.ECDSA_P256

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))


def p256() -> MemorySigner:
    return MemorySigner(ec.generate_private_key(ec.SECP256R1()))


def ed25519() -> MemorySigner:
    return MemorySigner(Ed25519PrivateKey.generate())
