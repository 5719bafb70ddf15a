"""X.509 certificates, taken apart and not judged."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Extension(NamedTuple):
    """An extension; `value` is the DER inside of its octet string."""

    oid: str
    critical: bool
    value: bytes


class Certificate(NamedTuple):
    """A certificate (RFC 5280, 4.1); `issuer`, `subject` and `public_key` (SubjectPublicKeyInfo) are DER.

    `signed` is what its signature is over; `pss` says that RSA signs with PSS; `hash` names the hash of the signature,
    empty where the key implies it.
    """

    der: bytes
    signed: bytes
    serial: int
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    public_key: bytes
    signature: bytes
    hash: str
    pss: bool
    extensions: tuple[Extension, ...] = ()

    def extension(self, oid: str) -> bytes | None:
        """The value of an extension; None where there is none."""
        return next((item.value for item in self.extensions if item.oid == oid), None)


class SignedCertificateTimestamp(NamedTuple):
    """A log's promise to list a certificate (RFC 6962, 3.2); `timestamp` is in milliseconds since 1970."""

    log_id: bytes
    timestamp: int
    extensions: bytes
    hash: str
    signature: bytes
