"""Certificates, put together as DER (RFC 5280, 4.1) and signed by a port, wherever the key is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.formats import der
from assay.formats.der import integer, oid, sequence
from assay.model.signature import Scheme
from assay.ports import Signer

_ECDSA = {Scheme.ECDSA_P256: 2, Scheme.ECDSA_P384: 3, Scheme.ECDSA_P521: 4}
_RSA = {Scheme.RSA_2048, Scheme.RSA_3072, Scheme.RSA_4096}
CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
POISON = "1.3.6.1.4.1.11129.2.4.3"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"


def bits(data: bytes, unused: int = 0) -> bytes:
    """A BIT STRING."""
    return der.encode(der.BITS, bytes((unused,)) + data)


def algorithm(scheme: Scheme) -> bytes:
    """The AlgorithmIdentifier of a signature (RFC 5758, RFC 8410, RFC 4055)."""
    if scheme in _ECDSA:
        return sequence(oid(f"1.2.840.10045.4.3.{_ECDSA[scheme]}"))
    if scheme in _RSA:
        return sequence(oid("1.2.840.113549.1.1.11"), b"\5\0")
    return sequence(oid("1.3.101.112"))


def name(organisation: str, common: str) -> bytes:
    """A Name of O and CN; empty texts leave a part out."""
    parts = (("2.5.4.10", organisation), ("2.5.4.3", common))
    sets = [
        der.encode(der.SET, sequence(oid(kind), der.encode(der.UTF8, text.encode()))) for kind, text in parts if text
    ]
    return sequence(*sets)


def time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from then on."""
    if moment.year < 2050:
        return der.encode(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return der.encode(der.TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def extension(kind: str, value: bytes, critical: bool = False) -> bytes:
    """An Extension."""
    return sequence(oid(kind), b"\1\1\xff" if critical else b"", der.encode(der.OCTETS, value))


def key_id(spki: bytes) -> bytes:
    """SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1)."""
    _, key = der.one(spki).sequence()
    return hashlib.sha1(key.content[1:], usedforsecurity=False).digest()


def key_usage(*numbers: int) -> bytes:
    """The extension with these bits set, critical."""
    value = sum(0x80 >> number for number in numbers)
    unused = (value & -value).bit_length() - 1
    return extension("2.5.29.15", bits(bytes((value,)), unused), critical=True)


def extended_usage(kind: str, critical: bool = False) -> bytes:
    """What the key is for."""
    return extension("2.5.29.37", sequence(oid(kind)), critical)


def basic_constraints(path_length: int | None) -> bytes:
    """That of an authority."""
    length = b"" if path_length is None else integer(path_length)
    return extension("2.5.29.19", sequence(b"\1\1\xff", length), critical=True)


def key_ids(spki: bytes, issuer_spki: bytes) -> tuple[bytes, bytes]:
    """The ids of the key and of its issuer's."""
    return (
        extension("2.5.29.14", der.encode(der.OCTETS, key_id(spki))),
        extension("2.5.29.35", sequence(der.encode(0x80, key_id(issuer_spki)))),
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A certificate before it is signed; all but `serial` and the times are DER."""

    issuer: bytes
    subject: bytes
    public_key: bytes
    not_before: datetime
    not_after: datetime
    extensions: Sequence[bytes]
    serial: int

    def signed_part(self, scheme: Scheme, more: bytes = b"") -> bytes:
        """The TBSCertificate, with one more extension at the end."""
        return sequence(
            b"\xa0\3\2\1\2",
            integer(self.serial),
            algorithm(scheme),
            self.issuer,
            sequence(time(self.not_before), time(self.not_after)),
            self.subject,
            self.public_key,
            der.encode(0xA3, sequence(*self.extensions, more)),
        )


def serial() -> int:
    """160 bits, positive, of which the first is never set (RFC 5280, 4.1.2.2: at most 20 octets)."""
    return secrets.randbits(159) | 1 << 158


def sign(part: bytes, signer: Signer) -> bytes:
    """The certificate of a TBSCertificate."""
    return sequence(part, algorithm(signer.scheme), bits(signer.sign(part)))


def authority(
    signer: Signer,
    public_key: bytes,
    names: tuple[bytes, bytes],
    now: datetime,
    years: int,
    extensions: Sequence[bytes],
    latest: datetime | None = None,
) -> bytes:
    """A certificate of an authority or of a timestamper: `names` are issuer and subject.

    It ends when the certificate above it does (`latest`), if that is earlier.
    """
    ids = key_ids(public_key, signer.public_key)
    until = now + timedelta(days=365 * years)
    until = min(until, latest) if latest is not None else until
    draft = Draft(*names, public_key, now, until, (*extensions, *ids), serial())
    return sign(draft.signed_part(signer.scheme), signer)
