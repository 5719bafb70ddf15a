"""Base64 (cel-go's `ext.Encoders`)."""

from __future__ import annotations

import base64

from assay.engines.policy.cel.library import Library


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


ENCODERS = Library(
    "encoders",
    {
        "base64.encode(bytes): string": lambda value: base64.b64encode(value).decode(),
        "base64.decode(string): bytes": _decode,
    },
)
