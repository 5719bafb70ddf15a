"""JSON written: compact or indented; what UTF-8 cannot hold (halves of surrogate pairs) becomes U+FFFD."""

from __future__ import annotations

import msgspec

from assay.formats.json import Json


def encode(value: Json) -> bytes:
    """On one line, keys in the order they have."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_cleaned(value))


def dump(value: Json, indent: int = 2) -> bytes:
    """Indented (0: on one line), with a newline at the end."""
    return laid_out(encode(value), indent)


def laid_out(encoded: bytes, indent: int = 2) -> bytes:
    """JSON on one line brought into the form of `dump`."""
    formatted = msgspec.json.format(encoded, indent=indent) if indent else encoded
    del encoded  # a document of 20 MB need not be there three times
    return formatted + b"\n"


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {str(_cleaned(key)): _cleaned(item) for key, item in value.items()}
    return value
