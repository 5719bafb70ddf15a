"""RFC 3161 timestamp responses: the CMS signed data (RFC 5652) with its TSTInfo, taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assay.errors import Malformed
from assay.formats import der
from assay.formats.der import Value
from assay.model.bundle import TimestampToken

MAX_BYTES = 256 << 10
HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_SIGNATURES = {
    "1.2.840.113549.1.1.1": "rsa",
    "1.2.840.113549.1.1.11": "rsa",
    "1.2.840.113549.1.1.12": "rsa",
    "1.2.840.113549.1.1.13": "rsa",
    "1.2.840.10045.2.1": "ecdsa",
    "1.2.840.10045.4.3.2": "ecdsa",
    "1.2.840.10045.4.3.3": "ecdsa",
    "1.2.840.10045.4.3.4": "ecdsa",
    "1.3.101.112": "ed25519",
}
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_CERTIFICATE, _CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z")
_CONSTRUCTED_0 = 0xA0


def read(data: bytes) -> TimestampToken:
    """The token of a granted response; raises `Malformed` for anything else."""
    if len(data) > MAX_BYTES:
        raise Malformed(f"a timestamp of {len(data)} bytes")
    try:
        return _response(der.one(data))
    except (IndexError, ValueError) as error:
        raise Malformed(f"the timestamp is not of the form of RFC 3161: {error}") from error


def _response(value: Value) -> TimestampToken:
    status, token = value.sequence()[:2]
    if status.sequence()[0].integer() not in (0, 1):
        raise Malformed("the timestamp was not granted")
    kind, holder = token.sequence()
    if kind.oid() != _SIGNED_DATA:
        raise Malformed("the timestamp is no signed data")
    parts = der.one(holder.expect(_CONSTRUCTED_0).content).sequence()
    content = parts[2].sequence()
    if content[0].oid() != _TST_INFO:
        raise Malformed("the timestamp is about something else")
    info = der.one(content[1].expect(_CONSTRUCTED_0).content).expect(der.OCTETS).content
    certificates = next((part for part in parts[3:] if part.tag == _CONSTRUCTED_0), None)
    signers = parts[-1].sequence(der.SET)
    if len(signers) != 1:
        raise Malformed(f"the timestamp has {len(signers)} signers")
    return _token(info, signers[0].sequence(), tuple(one.whole for one in certificates.inner()) if certificates else ())


def _token(info: bytes, signer: list[Value], certificates: tuple[bytes, ...]) -> TimestampToken:
    imprint, time = _info(der.one(info).sequence())
    issuer, serial = signer[1].sequence()
    signed = signer[3].expect(_CONSTRUCTED_0)
    attributes = _attributes(signed)
    if attributes.get(_CONTENT_TYPE) is None or attributes[_CONTENT_TYPE].oid() != _TST_INFO:
        raise Malformed("the timestamp signs something else")
    if _MESSAGE_DIGEST not in attributes:
        raise Malformed("the timestamp signs no digest")
    algorithm, digest = _certificate(attributes)
    return TimestampToken(
        imprint_algorithm=imprint[0],
        imprint=imprint[1],
        time=time,
        info=info,
        digest_algorithm=_hash(signer[2]),
        signature_algorithm=_SIGNATURES.get(signer[4].sequence()[0].oid(), ""),
        signature=signer[5].expect(der.OCTETS).content,
        signed=der.encode(der.SET, signed.content),
        message_digest=attributes[_MESSAGE_DIGEST].expect(der.OCTETS).content,
        certificate_algorithm=algorithm,
        certificate_digest=digest,
        issuer=issuer.whole,
        serial=serial.integer(),
        certificates=certificates,
    )


def _info(parts: list[Value]) -> tuple[tuple[str, bytes], str]:
    """Imprint and time of a TSTInfo: version, policy, messageImprint, serialNumber, genTime …"""
    if parts[0].integer() != 1:
        raise Malformed("the timestamp is of another version")
    algorithm, digest = parts[2].sequence()
    match = _TIME.fullmatch(parts[4].expect(der.TIME).content)
    if match is None:
        raise Malformed("the time in the timestamp is none")
    year, month, day, hour, minute, second, part = (text.decode() if text else "" for text in match.groups())
    fraction = f".{part[:6].ljust(6, '0')}" if part else ""
    time = f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction}+00:00"
    return (_hash(algorithm), digest.expect(der.OCTETS).content), time


def _hash(value: Value) -> str:
    name = HASHES.get(value.sequence()[0].oid())
    if name is None:
        raise Malformed("the timestamp uses a digest that is not known")
    return name


def _attributes(signed: Value) -> Mapping[str, Value]:
    found: dict[str, Value] = {}
    for item in signed.inner():
        kind, values = item.sequence()
        name = kind.oid()
        if name in found:
            raise Malformed("the timestamp has an attribute twice")
        found[name] = values.sequence(der.SET)[0]
    return found


def _certificate(attributes: Mapping[str, Value]) -> tuple[str, bytes]:
    """Which certificate the signer says it used: ESSCertIDv2 (RFC 5816), else ESSCertID (with SHA-1)."""
    if _CERTIFICATE_V2 in attributes:
        parts = attributes[_CERTIFICATE_V2].sequence()[0].sequence()[0].sequence()
        name = _hash(parts[0]) if parts[0].tag == der.SEQUENCE else "sha256"
        return name, [part for part in parts if part.tag == der.OCTETS][0].content  # noqa: RUF015 - IndexError is caught
    if _CERTIFICATE in attributes:
        parts = attributes[_CERTIFICATE].sequence()[0].sequence()[0].sequence()
        return "sha1", parts[0].expect(der.OCTETS).content
    raise Malformed("the timestamp does not say which certificate signed it")
