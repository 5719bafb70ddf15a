"""TOML 1.0 read with bounds, on the standard library."""

from __future__ import annotations

import re

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Object

MAX_BYTES = 16 << 20
MAX_PARTS = 64
"""Of one dotted key. The standard library keeps every beginning of it: 100,000 parts took 20 GB."""
_MAX_SQUARES = 5_000_000
_CHAIN = re.compile(r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){8,}+""")
"""What may be the beginning of a long dotted key; in a string it may be something else, though hardly this long."""


def load(data: bytes) -> Object:
    """The table that `data` holds; raises `Malformed` for what is no TOML, `LimitExceeded` for what is too large."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"TOML of {len(data)} bytes (at most {MAX_BYTES})")
    import tomllib

    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        _check(text)
        return tomllib.loads(text)
    except RecursionError:
        raise LimitExceeded("TOML nested too deep") from None
    except ValueError as error:
        raise Malformed(f"not TOML: {error}") from error


def _check(text: str) -> None:
    squares = 0
    for chain in _CHAIN.finditer(text):
        parts = chain[0].count(".")
        squares += parts * parts
        if parts > MAX_PARTS or squares > _MAX_SQUARES:
            raise LimitExceeded(f"TOML with dotted keys of more than {MAX_PARTS} parts, or too many long ones")
