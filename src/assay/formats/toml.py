"""TOML 1.0 read with bounds, on the standard library."""

from __future__ import annotations

import re

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Object

MAX_BYTES = 16 << 20
MAX_PARTS = 64
"""Of one dotted key. The standard library keeps every beginning of it: 100,000 parts took 20 GB."""
_MAX_SQUARES = 5_000_000
_LONG = 8
"""Parts from which a dotted key is looked at."""
_STRING = r'"(?:[^"\\\n]|\\.)*+"' + r"|'[^'\n]*+'"
_TOKEN = re.compile(
    rf"(?P<key>(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|{_STRING})[ \t]*+\.[ \t]*+){{{_LONG},}}+)"
    r'|"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    rf"|{_STRING}|\#[^\n]*+"
)
"""The beginning of a long dotted key; texts and comments, so that none begins within them."""


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
    """Keys end with their line: where no line has many dots, which is nearly always, nothing else is looked at."""
    if _too_many([dots for line in text.split("\n") if (dots := line.count(".")) >= _LONG]):
        keys = (token["key"] for token in _TOKEN.finditer(text))
        if _too_many([key.count(".") for key in keys if key]):
            raise LimitExceeded(f"TOML with dotted keys of more than {MAX_PARTS} parts, or too many long ones")


def _too_many(parts: list[int]) -> bool:
    return max(parts, default=0) > MAX_PARTS or sum(number * number for number in parts) > _MAX_SQUARES
