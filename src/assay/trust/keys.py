"""Public keys, and whether a signature is theirs.

==================  ======================================================================================
key                 signatures
==================  ======================================================================================
ECDSA P-256/384/521 SHA-256/384/512 in turn, first the one of the curve; DER, or raw ``r || s``
RSA                 PKCS #1 v1.5, then PSS with a salt as long as the hash or of any length
Ed25519             pure, or Ed25519ph (RFC 8032, 5.1) over SHA-512
==================  ======================================================================================

A hash other than the curve's is accepted because the field signs so (cosign: SHA-256 with every key), and none of them
is weaker than the key demands of a collision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from assay.errors import Malformed, Refused
from assay.formats import certificate, der
from assay.model.certificate import Certificate
from assay.trust import ed25519ph

_HASHES = ("sha256", "sha384", "sha512")
_MIN_RSA, _MAX_RSA = 2048, 16384
Key = Any
"""A public key of `cryptography`."""


class Signed:
    """What is signed: the bytes, or only digests of them."""

    def __init__(self, data: bytes | None = None, digests: Mapping[str, bytes] | None = None) -> None:
        self.data = data
        self._digests = dict(digests or {})

    def digest(self, algorithm: str) -> bytes | None:
        """The digest; None where it cannot be known."""
        if algorithm not in self._digests and self.data is not None:
            self._digests[algorithm] = hashlib.new(algorithm, self.data).digest()
        return self._digests.get(algorithm)


_EC, _RSA, _ED25519 = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.3.101.112"
_CURVES = {"1.2.840.10045.3.1.7": "SECP256R1", "1.3.132.0.34": "SECP384R1", "1.3.132.0.35": "SECP521R1"}


@lru_cache(1024)
def load(data: bytes) -> Key:
    """A SubjectPublicKeyInfo, or the key of a certificate; a PKCS #1 RSA key too. Raises `Malformed`.

    Read here and not by `cryptography`, whose readers cost a cold process more than the whole verification.
    """
    parts = der.one(data).sequence()
    if len(parts) == 3:
        return load(certificate.read(data).public_key)
    try:
        return _allowed(_rsa_key(data) if parts and parts[0].tag == der.INTEGER else _of_info(parts))
    except (ValueError, IndexError, OverflowError) as error:
        raise Malformed(f"this is no public key that is known: {error}") from error


def _of_info(parts: list[der.Value]) -> Key:
    """The key in a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""
    algorithm, held = parts
    kind = algorithm.sequence()
    oid = kind[0].oid()
    if held.tag != 3 or held.content[:1] != b"\0":
        raise Malformed("this is no public key: its bits are no whole bytes")
    raw = held.content[1:]
    if oid == _EC:
        from cryptography.hazmat.primitives.asymmetric import ec

        name = _CURVES.get(kind[1].oid())
        if name is None:
            raise Malformed("the public key is on a curve that is not used for signatures here")
        return ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, name)(), raw)
    if oid == _RSA:
        return _rsa_key(raw)
    if oid == _ED25519:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    raise Malformed(f"public keys of the kind {oid} are not known")


def _rsa_key(data: bytes) -> Key:
    from cryptography.hazmat.primitives.asymmetric import rsa

    modulus, exponent = (item.integer() for item in der.one(data).sequence())
    if modulus.bit_length() > _MAX_RSA:
        raise Malformed(f"an RSA key of {modulus.bit_length()} bits")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _allowed(key: Key) -> Key:
    if _is_ec(key) and key.curve.name in ("secp256r1", "secp384r1", "secp521r1"):
        return key
    if _is_ed25519(key) or (_is_rsa(key) and _MIN_RSA <= key.key_size <= _MAX_RSA):
        return key
    raise Malformed(f"keys of this kind are not used for signatures here: {describe(key)}")


def _is_ec(key: Key) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec

    return isinstance(key, ec.EllipticCurvePublicKey)


def _is_ed25519(key: Key) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    return isinstance(key, ed25519.Ed25519PublicKey)


def _is_rsa(key: Key) -> bool:
    """Asked last, because a process that sees no RSA key need not load what reads them."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return isinstance(key, rsa.RSAPublicKey)


def describe(key: Key) -> str:
    """``ECDSA secp256r1``, ``RSA 4096``, ``Ed25519``."""
    if _is_ec(key):
        return f"ECDSA {key.curve.name}"
    if _is_rsa(key):
        return f"RSA {key.key_size}"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


def spki(key: Key) -> bytes:
    """The key as SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def same(one: bytes, other: bytes) -> bool:
    """Whether two keys or certificates (DER) hold the same public key."""
    return one == other or bool(load(one) == load(other))


def check(key: Key, signature: bytes, signed: Signed, prefer: str = "") -> str:
    """How the signature was made, in words; raises `Refused` where it is not one of this key over this.

    `prefer` names the hash to begin with.
    """
    if _is_ec(key):
        found = _ecdsa(key, signature, signed, prefer)
    elif _is_ed25519(key):
        found = _ed25519(key, signature, signed)
    else:
        found = _rsa(key, signature, signed, prefer)
    if found:
        return found
    raise Refused(f"the signature is not one of the key ({describe(key)}) over this content")


@lru_cache(256)
def check_certificate(issued: Certificate, issuer: bytes) -> None:
    """Raise `Refused` unless the key of an issuer (DER) signed a certificate, just as that says it did.

    What was found right is remembered: the same few authorities stand above every signature.
    """
    from cryptography.exceptions import InvalidSignature

    key = load(issuer)
    try:
        if _is_ec(key) and issued.hash and not issued.pss:
            key.verify(issued.signature, issued.signed, ecdsa(_algorithm(issued.hash)))
        elif _is_ed25519(key) and not issued.hash:
            key.verify(issued.signature, issued.signed)
        elif _is_rsa(key) and issued.hash:
            hashed = _algorithm(issued.hash)
            padding = _paddings(hashed)["PSS" if issued.pss else "PKCS #1 v1.5"]
            key.verify(issued.signature, issued.signed, padding, hashed)
        else:
            raise Refused("the certificate is signed with another kind of key than its issuer has")
    except (InvalidSignature, ValueError):
        raise Refused("the issuer's key did not sign the certificate") from None


def _hashes(signed: Signed, first: str) -> Iterator[tuple[str, bytes]]:
    for name in dict.fromkeys((first, *_HASHES)):
        digest = signed.digest(name) if name in _HASHES else None
        if digest is not None:
            yield name, digest


def _ecdsa(key: Key, signature: bytes, signed: Signed, prefer: str) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    forms = [("", signature)]
    raw = _raw(key, signature)
    if raw is not None:
        forms.append((", raw r||s", raw))
    first = prefer or {256: "sha256", 384: "sha384", 521: "sha512"}[key.curve.key_size]
    for name, digest in _hashes(signed, first):
        for form, data in forms:
            try:
                key.verify(data, digest, ecdsa(Prehashed(_algorithm(name))))
            except (InvalidSignature, ValueError):
                continue
            return f"{describe(key)} with {name}{form}"
    return ""


@lru_cache(1)
def _ecdsa_type() -> type:
    from cryptography.hazmat.primitives.asymmetric import ec

    class Ecdsa(ec.ECDSA):
        """As its base, but made without looking at what OpenSSL can: that takes a sixth of a cold verification."""

        def __init__(self, algorithm: Any) -> None:
            self._held = algorithm

        @property
        def algorithm(self) -> Any:
            return self._held

        @property
        def deterministic_signing(self) -> bool:
            return False

    return Ecdsa


def ecdsa(algorithm: Any) -> Any:
    """ECDSA with a hash (or a `Prehashed`), for checking signatures."""
    return _ecdsa_type()(algorithm)


def _raw(key: Key, signature: bytes) -> bytes | None:
    """DER for a signature of two numbers side by side; None for what has another length."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        return None
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))


def _rsa(key: Key, signature: bytes, signed: Signed, prefer: str) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    for name, digest in _hashes(signed, prefer or "sha256"):
        algorithm = _algorithm(name)
        for form, pad in _paddings(algorithm).items():
            try:
                key.verify(signature, digest, pad, Prehashed(algorithm))
            except (InvalidSignature, ValueError):
                continue
            return f"{describe(key)} {form} with {name}"
    return ""


def _paddings(algorithm: Any) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import padding

    return {"PKCS #1 v1.5": padding.PKCS1v15(), "PSS": padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)}


def _ed25519(key: Key, signature: bytes, signed: Signed) -> str:
    from cryptography.exceptions import InvalidSignature

    if signed.data is not None:
        try:
            key.verify(signature, signed.data)
        except (InvalidSignature, ValueError):
            pass
        else:
            return "Ed25519"
    digest = signed.digest("sha512")
    hashed = digest is not None and ed25519ph.holds(key.public_bytes_raw(), signature, digest)
    return "Ed25519ph" if hashed else ""


def _algorithm(name: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    found: dict[str, Any] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
    return found[name]()


class Hint:
    """The ids by which logs and bundles name a key."""

    def __init__(self, key: Key) -> None:
        self._key = key

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the SubjectPublicKeyInfo."""
        return hashlib.sha256(spki(self._key)).digest()
