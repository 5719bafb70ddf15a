"""TOML 1.0 read with bounds, on the standard library."""

from __future__ import annotations

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Object

MAX_BYTES = 64 << 20


def load(data: bytes) -> Object:
    """The table that `data` holds; raises `Malformed` for what is no TOML, `LimitExceeded` for what is too large."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"TOML of {len(data)} bytes (at most {MAX_BYTES})")
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except RecursionError:
        raise LimitExceeded("TOML nested too deep") from None
    except ValueError as error:
        raise Malformed(f"not TOML: {error}") from error
