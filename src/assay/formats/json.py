"""JSON read with bounds: size, depth, and what the standard library lets through but RFC 8259 forbids."""

from __future__ import annotations

import json
import re

from assay.errors import LimitExceeded, Malformed

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Any JSON value."""

Object = dict[str, Json]
"""A JSON object."""

MAX_BYTES = 256 << 20


def load(data: bytes | str) -> Json:
    """The value that `data` holds; a byte order mark is accepted.

    Raises `Malformed` for anything else than one JSON value (NaN and Infinity included), `LimitExceeded` when it is
    too large or nested too deep.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"JSON of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        value: Json = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise LimitExceeded("JSON nested too deep") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from error
    return value


def load_object(data: bytes | str) -> Object:
    """As `load`, for documents whose top level must be an object."""
    value = load(data)
    if not isinstance(value, dict):
        raise Malformed(f"not a JSON object but {type(value).__name__}")
    return value


_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[\]}])', re.DOTALL)


def load_relaxed(data: bytes | str) -> Object:
    """As `load_object`, with the comments and trailing commas that JSONC allows (bun.lock, deno.jsonc, tsconfig)."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"JSON of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    return load_object(_TOKEN.sub(lambda match: match[1] or "", text))


def as_object(value: Json | object) -> Object:
    """`value` if it is an object, else an empty one: for optional parts of foreign documents."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json | object) -> list[Json]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json | object) -> str:
    """`value` if it is a string, the decimal form of a number, else an empty string."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")
