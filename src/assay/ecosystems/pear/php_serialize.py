"""PHP's serialization format (PHP manual, `serialize`; php-src, ext/standard/var.c), for plain values only.

::

    a:2:{s:4:"name";s:11:"Archive_Tar";i:0;b:1;}

Lengths count bytes. Objects, references and enumerations are no plain values and are refused.
"""

from __future__ import annotations

import re

from assay.errors import LimitExceeded, Malformed

Value = None | bool | int | float | str | dict[str, "Value"]
"""A plain value; arrays are dictionaries whose integer keys are written in decimal, as lists have ``0``, ``1`` ..."""

MAX_BYTES = 64 << 20
MAX_DEPTH = 64

_SCALAR = re.compile(rb"(N)|b:([01])|i:([+-]?[0-9]{1,20})|d:([0-9.eE+\-]{1,40}|-?INF|NAN)")
_STRING = re.compile(rb's:([0-9]{1,9}):"')
_ARRAY = re.compile(rb"a:([0-9]{1,9}):\{")


def load(data: bytes) -> Value:
    """The value at the start of `data`; raises `Malformed` for anything else, `LimitExceeded` for what is too deep."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"serialized PHP of {len(data)} bytes (at most {MAX_BYTES})")
    return _value(data, 0, 0)[0]


def _value(data: bytes, position: int, depth: int) -> tuple[Value, int]:
    if data.startswith(b"s:", position):
        return _string(data, position)
    if data.startswith(b"a:", position):
        return _array(data, position, depth)
    match = _SCALAR.match(data, position)
    if match is None or data[match.end() : match.end() + 1] != b";":
        raise Malformed(f"serialized PHP: no plain value at byte {position}")
    return _scalar(match), match.end() + 1


def _scalar(match: re.Match[bytes]) -> Value:
    if match[1]:
        return None
    if match[2]:
        return match[2] == b"1"
    if match[3]:
        return int(match[3])
    try:
        return float(match[4])
    except ValueError:
        raise Malformed(f"serialized PHP: no number {match[4]!r}") from None


def _string(data: bytes, position: int) -> tuple[str, int]:
    match = _STRING.match(data, position)
    end = match.end() + int(match[1]) if match else 0
    if match is None or data[end : end + 2] != b'";':
        raise Malformed(f"serialized PHP: broken string at byte {position}")
    return data[match.end() : end].decode("utf-8", "replace"), end + 2


def _array(data: bytes, position: int, depth: int) -> tuple[dict[str, Value], int]:
    match = _ARRAY.match(data, position)
    if match is None:
        raise Malformed(f"serialized PHP: broken array at byte {position}")
    if depth >= MAX_DEPTH:
        raise LimitExceeded(f"serialized PHP nested deeper than {MAX_DEPTH}")
    result: dict[str, Value] = {}
    position = match.end()
    for _ in range(int(match[1])):
        key, position = _value(data, position, depth + 1)
        value, position = _value(data, position, depth + 1)
        result[str(key)] = value
    if data[position : position + 1] != b"}":
        raise Malformed(f"serialized PHP: array without its end at byte {position}")
    return result, position + 1
