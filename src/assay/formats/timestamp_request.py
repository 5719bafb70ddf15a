"""What a timestamp authority is asked (RFC 3161, 2.4.1)."""

from __future__ import annotations

import hashlib
import secrets

from assay.formats import der

MEDIA_TYPE = "application/timestamp-query"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_VERSION = 1


def write(message: bytes) -> bytes:
    """A request for a timestamp over the SHA-256 of `message`, with a nonce, and the certificate wanted back."""
    digest = der.encode(der.OCTETS, hashlib.sha256(message).digest())
    imprint = der.sequence(der.sequence(der.oid(_SHA256), b"\5\0"), digest)
    certificate = der.encode(der.BOOLEAN, b"\xff")
    return der.sequence(der.integer(_VERSION), imprint, der.integer(secrets.randbits(64)), certificate)
