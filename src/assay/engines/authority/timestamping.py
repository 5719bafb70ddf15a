"""The timestamp authority: requests in DER or as JSON, answers in DER (RFC 3161, RFC 5816)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from assay.engines.authority import x509
from assay.errors import Malformed, Refused
from assay.formats import certificate, der, json
from assay.formats.der import integer, oid, sequence
from assay.ports import Signer

_HASHES = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
POLICY = "1.3.6.1.4.1.57264.2"
_INFO = "1.2.840.113549.1.9.16.1.4"


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """The digest to stamp; `nonce` is the content of the INTEGER, None where there is none."""

    hash: str
    digest: bytes
    nonce: bytes | None = None
    policy: str = ""
    certificates: bool = False


def read(data: bytes) -> TimestampRequest:
    """A TimeStampReq; raises `Malformed`, or `Refused` where it asks for what there is not."""
    version, imprint, *rest = der.one(data).sequence()
    if version.integer() != 1:
        raise Malformed("the timestamp request is not of version 1")
    algorithm, digest = imprint.sequence()
    number = algorithm.sequence()[0].oid()
    names = [name for name, known in _HASHES.items() if known == number]
    if not names:
        raise Refused("the hash algorithm of the timestamp request is not taken", "use SHA-256, SHA-384 or SHA-512")
    nonce, policy, wanted = None, "", False
    for value in rest:
        if value.tag == der.OID:
            policy = value.oid()
        elif value.tag == der.INTEGER and 0 < len(value.content) <= 64:
            nonce = value.content
        elif value.tag == der.BOOLEAN and len(value.content) == 1:
            wanted = value.content != b"\0"
        else:
            raise Malformed("the timestamp request has parts or extensions that are not understood")
    return _checked(TimestampRequest(names[0], digest.expect(der.OCTETS).content, nonce, policy, wanted))


def read_json(data: bytes) -> TimestampRequest:
    """Sigstore's JSON form: ``{"artifactHash": BASE64, "hashAlgorithm": "sha256", "nonce": 1}`` and more."""
    value = json.load_object(data)
    try:
        digest = base64.b64decode(json.as_text(value.get("artifactHash")), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("artifactHash must be base64") from None
    name = json.as_text(value.get("hashAlgorithm")).lower().replace("-", "")
    if name not in _HASHES:
        raise Refused("hashAlgorithm is not taken", "use sha256, sha384 or sha512")
    number = json.as_text(value.get("nonce"))
    if number and (not number.isascii() or not number.isdecimal() or len(number) > 100):
        raise Malformed("nonce must be a whole number")
    nonce = der.one(integer(int(number))).content if number else None
    policy = json.as_text(value.get("tsaPolicyOID"))
    return _checked(TimestampRequest(name, digest, nonce, policy, value.get("certificates") is True))


def _checked(request: TimestampRequest) -> TimestampRequest:
    if len(request.digest) != hashlib.new(request.hash).digest_size:
        raise Malformed("the digest in the timestamp request has the wrong length")
    if request.policy and request.policy != POLICY:
        raise Refused("the timestamp policy is not one of this authority", f"it has {POLICY}")
    return request


class TimestampAuthority:
    """Stamps with the key of `chain[0]`."""

    def __init__(self, signer: Signer, chain: tuple[bytes, ...]) -> None:
        self.signer, self.chain = signer, chain
        self._own = certificate.read(chain[0])

    def answer(self, request: TimestampRequest, now: datetime) -> bytes:
        """A TimeStampResp that grants."""
        info = self._info(request, now)
        attributes = self._attributes(info, now)
        digest = sequence(oid(_HASHES["sha256"]))
        signer = sequence(
            integer(1),
            sequence(self._own.issuer, integer(self._own.serial)),
            digest,
            der.encode(0xA0, attributes),
            x509.algorithm(self.signer.scheme),
            der.encode(der.OCTETS, self.signer.sign(der.encode(der.SET, attributes))),
        )
        content = sequence(oid(_INFO), der.encode(0xA0, der.encode(der.OCTETS, info)))
        certificates = der.encode(0xA0, b"".join(self.chain[:-1] or self.chain)) if request.certificates else b""
        signed = sequence(integer(3), der.encode(der.SET, digest), content, certificates, der.encode(der.SET, signer))
        token = sequence(oid("1.2.840.113549.1.7.2"), der.encode(0xA0, signed))
        return sequence(sequence(integer(0)), token)

    def _info(self, request: TimestampRequest, now: datetime) -> bytes:
        """The TSTInfo: whole seconds, with an accuracy of one."""
        imprint = sequence(sequence(oid(_HASHES[request.hash]), b"\5\0"), der.encode(der.OCTETS, request.digest))
        nonce = b"" if request.nonce is None else der.encode(der.INTEGER, request.nonce)
        return sequence(
            integer(1),
            oid(POLICY),
            imprint,
            integer(secrets.randbits(159) | 1 << 158),
            der.encode(der.TIME, now.strftime("%Y%m%d%H%M%SZ").encode()),
            sequence(integer(1)),
            nonce,
        )

    def _attributes(self, info: bytes, now: datetime) -> bytes:
        """The signed attributes in the order of DER."""
        essential = sequence(sequence(sequence(der.encode(der.OCTETS, hashlib.sha256(self.chain[0]).digest()))))
        values = {
            "1.2.840.113549.1.9.3": oid(_INFO),
            "1.2.840.113549.1.9.4": der.encode(der.OCTETS, hashlib.sha256(info).digest()),
            "1.2.840.113549.1.9.5": x509.time(now),
            "1.2.840.113549.1.9.16.2.47": essential,
        }
        return b"".join(sorted(sequence(oid(kind), der.encode(der.SET, value)) for kind, value in values.items()))
