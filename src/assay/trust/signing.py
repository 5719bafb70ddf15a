"""Private keys in memory: made, loaded, and signing behind the port `assay.ports.Signer`."""

from __future__ import annotations

import hashlib
from typing import Any

from assay.errors import Malformed, Refused
from assay.model.signature import Scheme
from assay.trust import keys

PrivateKey = Any
"""A private key of `cryptography`."""
_CURVES = {"secp256r1": Scheme.ECDSA_P256, "secp384r1": Scheme.ECDSA_P384, "secp521r1": Scheme.ECDSA_P521}
_RSA = {2048: Scheme.RSA_2048, 3072: Scheme.RSA_3072, 4096: Scheme.RSA_4096}


class LocalKey:
    """A key that signs in this process."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.public_key = keys.spki(key.public_key())
        self.scheme = scheme_of(self.public_key)

    @property
    def private(self) -> PrivateKey:
        """The key itself, for what needs more than signatures (certificate requests)."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`."""
        from cryptography.hazmat.primitives.asymmetric import ec, padding

        found: bytes
        if self.scheme is Scheme.ED25519:
            found = self._key.sign(message)
        elif self.scheme in _CURVES.values():
            found = self._key.sign(message, ec.ECDSA(_hash(self.scheme)))
        else:
            found = self._key.sign(message, padding.PKCS1v15(), _hash(self.scheme))
        return found


def _hash(scheme: Scheme) -> Any:
    from cryptography.hazmat.primitives import hashes

    found: dict[str, Any] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
    return found[scheme.hash]()


def scheme_of(public_key: bytes) -> Scheme:
    """The scheme that goes with a public key (DER); raises `Malformed` for kinds that are not used."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = keys.load(public_key)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in _RSA:
            raise Malformed(f"RSA keys of {key.key_size} bits are not used; there are 2048, 3072 and 4096")
        return _RSA[key.key_size]
    return Scheme.ED25519


def generate(scheme: Scheme = Scheme.ECDSA_P256) -> LocalKey:
    """A new key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves: dict[Scheme, Any] = {
        Scheme.ECDSA_P256: ec.SECP256R1,
        Scheme.ECDSA_P384: ec.SECP384R1,
        Scheme.ECDSA_P521: ec.SECP521R1,
    }
    if scheme in curves:
        return LocalKey(ec.generate_private_key(curves[scheme]()))
    if scheme in (Scheme.ED25519, Scheme.ED25519_PH):
        return LocalKey(ed25519.Ed25519PrivateKey.generate())
    return LocalKey(rsa.generate_private_key(65537, int(scheme.value.rsplit("_", 2)[1])))


def load(data: bytes, password: bytes | None = None) -> LocalKey:
    """A private key in PEM or DER: PKCS #8, PKCS #1 or SEC 1, encrypted or not.

    Raises `Malformed` for what is none, `Refused` for a wrong or missing password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    reader = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        try:
            return LocalKey(reader(data, password))
        except TypeError:  # a password for a key that needs none, or none for one that does
            if not password:
                raise Refused("the private key is encrypted", "set COSIGN_PASSWORD") from None
            return LocalKey(reader(data, None))
    except (ValueError, UnsupportedAlgorithm) as error:
        if password and b"ENCRYPTED" in data:
            raise Refused("the password does not open the private key", "check COSIGN_PASSWORD") from None
        raise Malformed(f"this is no private key: {error}") from None


def pkcs8(key: LocalKey) -> bytes:
    """The key as PKCS #8 (DER), not encrypted."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    found: bytes = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return found


def ecdsa_der(signature: bytes, scheme: Scheme) -> bytes:
    """An ECDSA signature of two numbers side by side, as tokens and Azure give it, in DER; raises `Malformed`."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = {Scheme.ECDSA_P256: 32, Scheme.ECDSA_P384: 48, Scheme.ECDSA_P521: 66}[scheme]
    if len(signature) != 2 * half:
        raise Malformed(f"{len(signature)} bytes are no ECDSA signature, which would be {2 * half}")
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def hint(public_key: bytes) -> str:
    """How bundles name a public key: base64 of the SHA-256 of its DER, as cosign has it."""
    import base64

    return base64.b64encode(hashlib.sha256(public_key).digest()).decode()


def digest(public_key: bytes) -> str:
    """SHA-256 of a public key (DER), hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()
