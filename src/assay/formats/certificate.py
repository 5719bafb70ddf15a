"""X.509 certificates (RFC 5280) and the certificate timestamps in them (RFC 6962, 3.3), as far as signatures need."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from assay.errors import AssayError, Malformed
from assay.formats import der
from assay.formats.der import Value
from assay.model.certificate import Certificate, Extension, SignedCertificateTimestamp

SCTS = "1.3.6.1.4.1.11129.2.4.2"
MAX_BYTES = 1 << 16
_MAX_EXTENSIONS = 64
_MAX_SCTS = 32
_UTC, _GENERALIZED = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_HASHES = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.3.101.112": "",
}
_PSS = "1.2.840.113549.1.1.10"
_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_SCT_HASHES = {4: "sha256", 5: "sha384", 6: "sha512"}
_ATTRIBUTES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU"}


@lru_cache(1024)
def read(data: bytes) -> Certificate:
    """The certificate; raises `Malformed` for what is none."""
    if len(data) > MAX_BYTES:
        raise Malformed(f"a certificate of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        return _read(data)
    except AssayError as error:
        raise Malformed(f"this is no certificate: {error.what}") from error
    except (ValueError, IndexError, OverflowError) as error:
        raise Malformed(f"this is no certificate: {error}") from error


def _read(data: bytes) -> Certificate:
    signed, algorithm, signature = der.one(data).sequence()
    parts = signed.sequence()
    if parts[0].tag == _VERSION:
        if der.one(parts[0].content).integer() not in (1, 2):
            raise Malformed("it has an unknown version")
        parts = parts[1:]
    serial, inner, issuer, validity, subject, key, *rest = parts
    if inner.whole != algorithm.whole:
        raise Malformed("it names two algorithms for its signature")
    first, last = validity.sequence()
    name, pss = _algorithm(algorithm)
    return Certificate(
        der=data,
        signed=signed.whole,
        serial=serial.integer(),
        issuer=issuer.expect(der.SEQUENCE).whole,
        subject=subject.expect(der.SEQUENCE).whole,
        not_before=_moment(first),
        not_after=_moment(last),
        public_key=key.expect(der.SEQUENCE).whole,
        signature=signature.bits(),
        hash=name,
        pss=pss,
        extensions=_extensions(rest),
    )


def _algorithm(value: Value) -> tuple[str, bool]:
    parts = value.sequence()
    oid = parts[0].oid()
    if oid in _HASHES:
        return _HASHES[oid], False
    if oid != _PSS:
        raise Malformed(f"its signature is of a kind that is not known ({oid})")
    for item in parts[1].sequence() if len(parts) > 1 else []:
        if item.tag == _VERSION:
            return _DIGESTS.get(der.one(item.content).sequence()[0].oid(), "sha256"), True
    raise Malformed("its signature uses SHA-1")


def _moment(value: Value) -> datetime:
    text = value.content.decode("ascii", "replace")
    if value.tag == _UTC:
        year = int(text[:2])
        text = f"{2000 + year if year < 50 else 1900 + year}{text[2:]}"
    elif value.tag != _GENERALIZED:
        raise Malformed("a time in it is none")
    if len(text) != 15 or text[14] != "Z" or not (text[:14].isascii() and text[:14].isdigit()):
        raise Malformed("a time in it is none")
    month, day, hour, minute, second = (int(text[start : start + 2]) for start in range(4, 14, 2))
    # Not by strptime, which brings locales and calendars into a cold process.
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _extensions(rest: list[Value]) -> tuple[Extension, ...]:
    held = [item for item in rest if item.tag == _EXTENSIONS]
    if len(held) > 1:
        raise Malformed("it has extensions twice")
    items = der.one(held[0].content).sequence() if held else []
    if len(items) > _MAX_EXTENSIONS:
        raise Malformed(f"it has {len(items)} extensions")
    found = [_extension(item.sequence()) for item in items]
    if len({item.oid for item in found}) != len(found):
        raise Malformed("it has an extension twice")
    return tuple(found)


def _extension(parts: list[Value]) -> Extension:
    critical = len(parts) == 3 and parts[1].expect(der.BOOLEAN).content == b"\xff"
    if len(parts) not in (2, 3):
        raise Malformed("an extension of it is none")
    return Extension(parts[0].oid(), critical, parts[-1].expect(der.OCTETS).content)


def without_scts(certificate: Certificate) -> bytes:
    """What the certificate signs, less the list of certificate timestamps: what these are about (RFC 6962, 3.2)."""
    parts = der.one(certificate.signed).sequence()
    held = next((item for item in parts if item.tag == _EXTENSIONS), None)
    if held is None:
        return certificate.signed
    kept = [item.whole for item in der.one(held.content).sequence() if item.sequence()[0].oid() != SCTS]
    extensions = der.encode(_EXTENSIONS, der.encode(der.SEQUENCE, b"".join(kept)))
    return der.encode(der.SEQUENCE, b"".join(extensions if item is held else item.whole for item in parts))


def scts(certificate: Certificate) -> tuple[SignedCertificateTimestamp, ...]:
    """The certificate timestamps in it; raises `Malformed` for a damaged list."""
    value = certificate.extension(SCTS)
    if value is None:
        return ()
    data = der.one(value).expect(der.OCTETS).content
    whole, rest = _sized(data)
    if rest:
        raise Malformed("the list of certificate timestamps is followed by something else")
    found = []
    while whole:
        item, whole = _sized(whole)
        found.append(_sct(item))
        if len(found) > _MAX_SCTS:
            raise Malformed(f"more than {_MAX_SCTS} certificate timestamps")
    return tuple(found)


def _sized(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:2], "big")
    if len(data) < 2 + size:
        raise Malformed("the list of certificate timestamps is cut off")
    return data[2 : 2 + size], data[2 + size :]


def _sct(data: bytes) -> SignedCertificateTimestamp:
    if len(data) < 47 or data[0] != 0:
        raise Malformed("a certificate timestamp is cut off, or of another version")
    extensions, rest = _sized(data[41:])
    if len(rest) < 4 or rest[0] not in _SCT_HASHES:
        raise Malformed("a certificate timestamp uses a hash that is not known")
    signature, after = _sized(rest[2:])
    if after:
        raise Malformed("a certificate timestamp is followed by something else")
    return SignedCertificateTimestamp(
        data[1:33], int.from_bytes(data[33:41], "big"), extensions, _SCT_HASHES[rest[0]], signature
    )


def name(data: bytes) -> str:
    """A distinguished name (DER) for people: ``CN=sigstore,O=sigstore.dev``; empty for an empty one.

    Raises `Malformed` for what is none.
    """
    found = []
    for part in der.one(data).sequence():
        for pair in part.sequence(der.SET):
            parts = pair.sequence()
            if len(parts) != 2:
                raise Malformed("a name in a certificate is none")
            oid = parts[0].oid()
            found.append(f"{_ATTRIBUTES.get(oid, oid)}={parts[1].content.decode('utf-8', 'replace')}")
    return ",".join(reversed(found))
