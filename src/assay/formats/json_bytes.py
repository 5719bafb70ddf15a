"""JSON written: compact or indented; what UTF-8 cannot hold (halves of surrogate pairs) becomes U+FFFD.

`msgspec` writes; to load it takes as long as a small document takes altogether, so those are written by the standard
library while nobody else has loaded it. Both write the same bytes, but for numbers with fractions, which are left to
`msgspec`. A value may hold tuples, enumerations of texts and structs of `msgspec` for arrays, texts and objects.
"""

from __future__ import annotations

import sys
from io import SEEK_END, BytesIO

from assay.formats.json import Json

_FEW_VALUES = 256
_FEW_BYTES = 1 << 16


def encode(value: Json | object) -> bytes:
    """On one line, keys in the order they have."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        import msgspec

        return _encode(_cleaned(msgspec.to_builtins(value)))


def _encode(value: Json | object) -> bytes:
    if "msgspec" not in sys.modules and _plain(value, _FEW_VALUES) >= 0:
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    import msgspec

    return msgspec.json.encode(value)


def dump(value: Json | object, indent: int = 2) -> bytes:
    """Indented (0: on one line), with a newline at the end."""
    return laid_out(encode(value), indent)


def laid_out(encoded: bytes, indent: int = 2) -> bytes:
    """JSON on one line brought into the form of `dump`."""
    text = BytesIO(_formatted(encoded, indent) if indent else encoded)
    del encoded  # a document of 20 MB need not be there three times: nor is it copied for the sake of the newline
    text.seek(0, SEEK_END)
    text.write(b"\n")
    return text.getvalue()


def _formatted(encoded: bytes, indent: int) -> bytes:
    if "msgspec" not in sys.modules and len(encoded) < _FEW_BYTES:
        import json

        value = json.loads(encoded)
        if _plain(value, _FEW_BYTES) >= 0:
            return json.dumps(value, ensure_ascii=False, indent=indent).encode()
    import msgspec

    return msgspec.json.format(encoded, indent=indent)


def _plain(value: object, left: int) -> int:
    """How many of `left` values remain after `value`; negative where it has more, or one that is not of JSON's own."""
    if isinstance(value, str) or value is None or isinstance(value, int):
        return left - 1
    if isinstance(value, dict):
        value = list(value.values()) if all(isinstance(key, str) for key in value) else [b""]
    if not isinstance(value, list):
        return -1
    for item in value:
        left = _plain(item, left)
        if left < 0:
            return left
    return left - 1


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value
