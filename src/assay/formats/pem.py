"""PEM (RFC 7468): the blocks of a text, by their label."""

from __future__ import annotations

import base64
import binascii
import re

from assay.errors import LimitExceeded, Malformed

MAX_BYTES = 4 << 20
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----", re.ASCII)


def blocks(data: bytes) -> list[tuple[str, bytes]]:
    """Label and content of each block; raises `Malformed` where there is none, or one is damaged.

    Read in one pass: what stands between the dashes is never looked at twice, whatever it is.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"PEM of {len(data)} bytes (at most {MAX_BYTES})")
    found, at = list[tuple[str, bytes]](), 0
    while match := _BEGIN.search(data, at):
        at = data.find(b"-----", match.end())
        if at < 0:
            break
        end = b"-----END %s-----" % match[1]
        if data.startswith(end, at):
            found.append((match[1].decode(), _content(match[1].decode(), data[match.end() : at])))
            at += len(end)
    if not found:
        raise Malformed("no PEM block is in there")
    return found


def _content(label: str, text: bytes) -> bytes:
    try:
        content = base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise Malformed(f"a PEM block {label} is damaged: {error}") from error
    if not content:
        raise Malformed(f"a PEM block {label} is empty")
    return content


def certificates(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER), in order."""
    return tuple(content for label, content in blocks(data) if label == "CERTIFICATE")


def write(label: str, content: bytes) -> str:
    """One block."""
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
