"""What Fulcio is asked: a certificate request, or a public key with a proof of possession (``fulcio.proto``).

The texts of the refusals are Fulcio's; clients show them.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from assay.errors import Malformed, Refused
from assay.formats import der, json, pem
from assay.trust import keys

BAD_TOKEN = "There was an error processing the identity token"
BAD_KEY = "The public key supplied in the request could not be parsed"
BAD_REQUEST = "The certificate signing request could not be parsed"
BAD_PROOF = "The signature supplied in the request could not be verified"
INSECURE = "The public key supplied in the request is insecure"
_SIZES = (2048, 3072, 4096)


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """`key` is SubjectPublicKeyInfo; `proof` is None where the request proved possession by itself."""

    token: str
    key: bytes
    proof: bytes | None


def read(body: bytes, authorization: str) -> CertificateRequest:
    """A request to ``/api/v2/signingCert``; raises `Refused` with Fulcio's texts, `Malformed` for what is no JSON."""
    value = json.load_object(body) if body.strip() else {}
    token = json.as_text(json.as_object(value.get("credentials")).get("oidcIdentityToken"))
    token = token or _bearer(authorization)
    if not token:
        raise Refused(BAD_TOKEN, "put it into the Authorization header, or into credentials.oidcIdentityToken")
    request = value.get("certificateSigningRequest")
    if isinstance(request, str) and request:
        return CertificateRequest(token, _of_csr(_decode(request, BAD_REQUEST)), None)
    asked = json.as_object(value.get("publicKeyRequest"))
    key = json.as_text(json.as_object(asked.get("publicKey")).get("content"))
    proof = _decode(json.as_text(asked.get("proofOfPossession")), BAD_PROOF)
    return CertificateRequest(token, _of_pem(key.encode()), proof)


def read_v1(body: bytes, authorization: str) -> CertificateRequest:
    """A request to ``/api/v1/signingCert``: the key is base64 of DER or PEM, the token is in the header."""
    value = json.load_object(body) if body.strip() else {}
    token = _bearer(authorization)
    if not token:
        raise Refused(BAD_TOKEN, "put it into the Authorization header")
    request = value.get("certificateSigningRequest")
    if isinstance(request, str) and request:
        return CertificateRequest(token, _of_csr(_decode(request, BAD_REQUEST)), None)
    content = _decode(json.as_text(json.as_object(value.get("publicKey")).get("content")), BAD_KEY)
    proof = _decode(json.as_text(value.get("signedEmailAddress")), BAD_PROOF)
    return CertificateRequest(token, _of_pem(content), proof)


def check_proof(request: CertificateRequest, challenge: str) -> None:
    """Raise `Refused` unless the key signed the challenge (the email or subject of the token)."""
    if request.proof is None:
        return
    try:
        keys.check(keys.load(request.key), request.proof, keys.Signed(challenge.encode()))
    except (Refused, Malformed):
        raise Refused(BAD_PROOF, "sign the email, or else the subject, of the token") from None


def _bearer(header: str) -> str:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _decode(text: str, fault: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(fault, "it must be base64") from None


def _of_csr(data: bytes) -> bytes:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        (found,) = [content for label, content in pem.blocks(data) if label.endswith("CERTIFICATE REQUEST")]
        request = x509.load_der_x509_csr(found)
        key = request.public_key()
        signed = request.is_signature_valid
        der.one(found).sequence()[-1].bits()  # which the library does not look at
    except (Malformed, ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise Refused(BAD_REQUEST, "it must be PKCS #10 in PEM") from None
    found = _checked(key)
    if not signed:
        raise Refused(BAD_PROOF, "the request must be signed by its own key")
    return found


def _of_pem(data: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

    try:
        reader = load_pem_public_key if data.lstrip().startswith(b"-----") else load_der_public_key
        key = reader(data)
    except (ValueError, UnsupportedAlgorithm, TypeError):
        raise Refused(BAD_KEY, "it must be SubjectPublicKeyInfo in PEM") from None
    return _checked(key)


def _checked(key: object) -> bytes:
    """The key's DER, where it is of a kind that is issued for."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    good = (
        (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in ("secp256r1", "secp384r1", "secp521r1"))
        or (isinstance(key, rsa.RSAPublicKey) and key.key_size in _SIZES and key.public_numbers().e == 65537)
        or isinstance(key, ed25519.Ed25519PublicKey)
    )
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256k1":
        raise Refused(BAD_REQUEST, "use P-256, P-384, P-521, RSA from 2048 bits or Ed25519")
    if not good:
        raise Refused(INSECURE, "use P-256, P-384, P-521, RSA from 2048 bits or Ed25519")
    return keys.spki(key)
