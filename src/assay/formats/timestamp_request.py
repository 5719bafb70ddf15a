"""What a timestamp authority is asked (RFC 3161, 2.4.1)."""

from __future__ import annotations

import hashlib
import secrets

from assay.formats import der

MEDIA_TYPE = "application/timestamp-query"
_SHA256 = "608648016503040201"


def write(message: bytes) -> bytes:
    """A request for a timestamp over the SHA-256 of `message`, with a nonce, and the certificate wanted back."""
    algorithm = der.encode(der.SEQUENCE, der.encode(der.OID, bytes.fromhex(_SHA256)) + der.encode(0x05, b""))
    imprint = der.encode(der.SEQUENCE, algorithm + der.encode(der.OCTETS, hashlib.sha256(message).digest()))
    nonce = der.encode(der.INTEGER, b"\0" + secrets.token_bytes(8).replace(b"\0", b"\1"))
    nonce = nonce if nonce[3] & 0x80 else der.encode(der.INTEGER, nonce[3:])
    return der.encode(der.SEQUENCE, der.encode(der.INTEGER, b"\1") + imprint + nonce + der.encode(der.BOOLEAN, b"\xff"))
