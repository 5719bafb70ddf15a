"""PEM (RFC 7468): the blocks of a text, by their label."""

from __future__ import annotations

import base64
import binascii
import re

from assay.errors import LimitExceeded, Malformed

MAX_BYTES = 4 << 20
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----\s*([A-Za-z0-9+/=\s]{1,1000000}?)\s*-----END \1-----", re.ASCII)


def blocks(data: bytes) -> list[tuple[str, bytes]]:
    """Label and content of each block; raises `Malformed` where there is none, or one is damaged."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"PEM of {len(data)} bytes (at most {MAX_BYTES})")
    found = []
    for match in _BLOCK.finditer(data):
        try:
            found.append((match[1].decode(), base64.b64decode(b"".join(match[2].split()), validate=True)))
        except binascii.Error as error:
            raise Malformed(f"a PEM block {match[1].decode()} is damaged: {error}") from error
    if not found:
        raise Malformed("no PEM block is in there")
    return found


def certificates(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER), in order."""
    return tuple(content for label, content in blocks(data) if label == "CERTIFICATE")


def write(label: str, content: bytes) -> str:
    """One block."""
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
