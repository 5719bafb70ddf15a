"""Keys on PKCS #11 tokens: security modules, smart cards, SoftHSM2; addresses are `assay.formats.pkcs11_uri`'s.

Only the digest of what is signed goes to the token, but with Ed25519, which hashes by itself. RSA keys sign with
PKCS #1 v1.5, or with PSS where the token allows them nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from assay.adapters.signers import token
from assay.errors import ExternalError, InputError, Malformed, Refused, UsageError
from assay.formats import certificate, der, pkcs11_uri
from assay.formats.pkcs11_uri import Pkcs11Uri
from assay.model.signature import Scheme
from assay.trust import keys, signing

_CURVES = {
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
}
_ED25519 = (bytes.fromhex("06032b6570"), bytes.fromhex("130c656477617264733235353139"))
"""Ed25519 as CKA_EC_PARAMS: its OID, or its name (PKCS #11 3.0, 2.3.5)."""
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in PKCS #1 v1.5 (RFC 8017, 9.2, note 1)."""
_PSS = {
    Scheme.RSA_2048: Scheme.RSA_PSS_2048,
    Scheme.RSA_3072: Scheme.RSA_PSS_3072,
    Scheme.RSA_4096: Scheme.RSA_PSS_4096,
}

_LOST = frozenset(
    (
        "SessionHandleInvalid",
        "SessionClosed",
        "ObjectHandleInvalid",
        "KeyHandleInvalid",
        "UserNotLoggedIn",
        "PKCS11Error",
    )
)
"""What a module says of a session that is gone; the last is what the library makes of a module that was begun anew."""


class Found(NamedTuple):
    """A key pair on a token as `pairs` lists it; `public_key` is None where it is of a kind that is not used."""

    token: str
    label: str
    id: bytes
    public_key: bytes | None

    @property
    def uri(self) -> Pkcs11Uri:
        """Its address."""
        path = {"token": self.token.encode(), "object": self.label.encode(), "id": self.id}
        return Pkcs11Uri({name: value for name, value in path.items() if value})


class Pkcs11Key:
    """A key that signs on a token; safe under threads."""

    def __init__(self, address: str) -> None:
        """The token is opened, and the key looked for, at once."""
        self._uri = _of_key(address)
        with token.told(self._uri):
            self._key = self._find()
            self.public_key: bytes = _public_key(self._key.session, self._uri, self._key)
            self.scheme = signing.scheme_of(self.public_key)
            if self.scheme in _PSS and _only_pss(self._key):
                self.scheme = _PSS[self.scheme]

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`; a session that the token has lost is opened anew, once."""
        try:
            with token.told(self._uri):
                return self._signed_patiently(message)
        except (Refused, InputError, UsageError) as error:  # the key was there before, so it is not the caller's fault
            raise ExternalError(error.what, error.remedy) from error

    def _signed_patiently(self, message: bytes) -> bytes:
        import pkcs11

        try:
            return self._signed(message)
        except pkcs11.PKCS11Error as error:
            if type(error).__name__ not in _LOST:
                raise
            token.lost(self._key.session)
            self._key = self._find()
            return self._signed(message)

    def _find(self) -> Any:
        import pkcs11

        session = token.opened(self._uri)
        return _one(self._uri, objects(session, self._uri, pkcs11.ObjectClass.PRIVATE_KEY), "private key")

    def _signed(self, message: bytes) -> bytes:
        import pkcs11

        ways = pkcs11.Mechanism
        if self.scheme is Scheme.ED25519:
            return bytes(self._key.sign(message, mechanism=ways.EDDSA))
        digest = hashlib.new(self.scheme.hash, message).digest()
        if self.scheme in _PSS:
            return bytes(self._key.sign(_SHA256_INFO + digest, mechanism=ways.RSA_PKCS))
        if self.scheme in _PSS.values():
            how = (ways.SHA256, pkcs11.MGF.SHA256, len(digest))
            return bytes(self._key.sign(digest, mechanism=ways.RSA_PKCS_PSS, mechanism_param=how))
        return signing.ecdsa_der(self._key.sign(digest, mechanism=ways.ECDSA), self.scheme)


def public_key(address: str) -> bytes:
    """The public key (DER); the PIN is needed only where the token hides it."""
    uri = _of_key(address)
    with token.told(uri):
        found = _public_key(token.opened(uri, login=False), uri, None)
    return found or Pkcs11Key(address).public_key


def pairs(address: str) -> list[Found]:
    """The keys that an address may mean, by token, label and id; with `Malformed` kinds of keys too."""
    import pkcs11

    uri = pkcs11_uri.read(address)
    with token.told(uri):
        session = token.opened(uri)
        found = []
        for key in objects(session, uri, pkcs11.ObjectClass.PRIVATE_KEY):
            label, identifier = _text(key, pkcs11.Attribute.LABEL), _value(key, pkcs11.Attribute.ID) or b""
            own = Pkcs11Uri({"id": identifier} if identifier else {"object": label.encode()})
            try:
                known = _public_key(session, own, key)
            except (Malformed, InputError):
                known = None
            found.append(Found(session.token.label, label, identifier, known or None))
    return sorted(found, key=lambda item: item[:3])


def _of_key(address: str) -> Pkcs11Uri:
    uri = pkcs11_uri.read(address)
    if uri.id is None and "object" not in uri.path:
        raise UsageError("the PKCS #11 address names no key", "object=LABEL or id=%XX; `assay key list` shows them")
    return uri


def objects(session: Any, uri: Pkcs11Uri, kind: Any) -> Iterator[Any]:
    """Those of a kind (``pkcs11.ObjectClass``) that bear the label and the id of an address."""
    import pkcs11

    wanted: dict[Any, Any] = {pkcs11.Attribute.CLASS: kind}
    label = uri.text("object")
    if label is not None:
        wanted[pkcs11.Attribute.LABEL] = label
    if uri.id is not None:
        wanted[pkcs11.Attribute.ID] = uri.id
    yield from list(session.get_objects(wanted))


def _one(uri: Pkcs11Uri, found: Iterator[Any], what: str) -> Any:
    import pkcs11

    objects = list(found)
    if len(objects) == 1:
        return objects[0]
    if not objects:
        raise InputError(f"the token holds no {what} as {uri.shown} wants it", "`assay key list` shows what it holds")
    names = ", ".join(f"id={(_value(item, pkcs11.Attribute.ID) or b'').hex()}" for item in objects)
    raise UsageError(f"{uri.shown} fits several keys: {names}", "name one by its id: id=%XX")


def _public_key(session: Any, uri: Pkcs11Uri, private: Any) -> bytes:
    """The public half: an object of its own, a certificate's, or (RSA) what the private key says; else empty."""
    import pkcs11

    if private is not None:
        identifier = _value(private, pkcs11.Attribute.ID)
        uri = Pkcs11Uri({"id": identifier}) if identifier else uri
    found = list(objects(session, uri, pkcs11.ObjectClass.PUBLIC_KEY))
    if not found and private is not None and private.key_type is pkcs11.KeyType.RSA:
        found = [private]
    if found:
        return _spki(_one(uri, iter(found), "public key"))
    for held in objects(session, uri, pkcs11.ObjectClass.CERTIFICATE):
        return certificate.read(bytes(held[pkcs11.Attribute.VALUE])).public_key
    if private is None:
        return b""
    raise InputError(
        f"the token holds no public key to {uri.shown}", "put it there, or a certificate, with the same id"
    )


def _spki(key: Any) -> bytes:
    """The public key of an object as SubjectPublicKeyInfo; raises `Malformed`."""
    import pkcs11
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    attribute = pkcs11.Attribute
    try:
        if key.key_type is pkcs11.KeyType.RSA:
            numbers = (int.from_bytes(key[item], "big") for item in (attribute.PUBLIC_EXPONENT, attribute.MODULUS))
            return keys.spki(rsa.RSAPublicNumbers(*numbers).public_key())
        parameters, point = bytes(key[attribute.EC_PARAMS]), _point(bytes(key[attribute.EC_POINT]))
        if parameters in _ED25519:
            return keys.spki(ed25519.Ed25519PublicKey.from_public_bytes(point))
        name = _CURVES.get(der.one(parameters).oid(), "")
        if not name:
            raise Malformed("the key on the token is on a curve that is not used for signatures here")
        curve: ec.EllipticCurve = getattr(ec, name.upper())()
        return keys.spki(ec.EllipticCurvePublicKey.from_encoded_point(curve, point))
    except (ValueError, pkcs11.AttributeTypeInvalid) as error:
        raise Malformed(f"the key on the token is of no kind that signs here: {type(error).__name__}") from None


def _point(data: bytes) -> bytes:
    """CKA_EC_POINT is an OCTET STRING around the point; some modules leave that away."""
    try:
        return der.one(data).expect(der.OCTETS).content
    except Malformed:
        return data


def _only_pss(key: Any) -> bool:
    """Whether an RSA key may sign with PSS and not with PKCS #1 v1.5 (CKA_ALLOWED_MECHANISMS, or all the token can)."""
    import pkcs11

    ways, slot = pkcs11.Mechanism, key.session.token.slot
    allowed = set(_value(key, pkcs11.Attribute.ALLOWED_MECHANISMS) or slot.get_mechanisms())
    return ways.RSA_PKCS not in allowed and ways.RSA_PKCS_PSS in allowed


def _value(key: Any, attribute: Any) -> Any:
    import pkcs11

    try:
        return key[attribute]
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, NotImplementedError, ValueError):
        return None


def _text(key: Any, attribute: Any) -> str:
    found = _value(key, attribute)
    return found if isinstance(found, str) else ""
