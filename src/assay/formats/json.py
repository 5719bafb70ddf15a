"""JSON read with bounds: size, depth, and what the standard library lets through but RFC 8259 forbids."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypedDict

from assay.errors import LimitExceeded, Malformed

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Any JSON value."""

Object = dict[str, Json]
"""A JSON object."""

MAX_BYTES = 256 << 20


def load(data: bytes | str) -> Json:
    """The value that `data` holds; a byte order mark is accepted, half a surrogate pair becomes U+FFFD.

    Raises `Malformed` for anything else than one JSON value (NaN and Infinity included), `LimitExceeded` when it is
    too large or nested too deep.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"JSON of {len(data)} bytes (at most {MAX_BYTES})")
    import msgspec

    if isinstance(data, bytes):
        data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        value: Json = msgspec.json.decode(data)
    except RecursionError:
        raise LimitExceeded("JSON nested too deep") from None
    except (msgspec.DecodeError, ValueError) as error:
        return _load_carefully(data, error)
    return value


def _load_carefully(data: bytes | str, fault: Exception) -> Json:
    """What msgspec refuses and RFC 8259 (8.2, 9) leaves to the reader: half surrogate pairs, huge numbers."""
    import json

    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        value: Json = json.loads(text, parse_constant=_refuse)
        return _whole(value) if re.search(_SURROGATE, text) else value
    except RecursionError:
        raise LimitExceeded("JSON nested too deep") from None
    except ValueError:
        raise Malformed(f"not JSON: {fault}") from fault


_SURROGATE = r"\\u[dD][89a-fA-F]"


def _whole(value: Json) -> Json:
    """`value` with unpaired surrogates replaced, which no writer of UTF-8 could take."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(item) for key, item in value.items()}
    return value


def load_object(data: bytes | str) -> Object:
    """As `load`, for documents whose top level must be an object."""
    value = load(data)
    if not isinstance(value, dict):
        raise Malformed(f"not a JSON object but {type(value).__name__}")
    return value


def reader(*names: str) -> Callable[[bytes], Object]:
    """A `load_object` that keeps the fields of these names only, in a fraction of the time.

    Values of other fields are passed over: that they are JSON is checked, but not that their texts are UTF-8, nor how
    large their numbers are.
    """
    import msgspec

    decode = msgspec.json.Decoder(TypedDict("_Fields", dict.fromkeys(names, object), total=False)).decode  # type: ignore[operator]

    def read(data: bytes) -> Object:
        if len(data) > MAX_BYTES:
            return load_object(data)
        try:
            found: Object = decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            found = load_object(data)  # a mark in front, half a surrogate pair: or it tells what is wrong
        return found

    return read


_TEXT = r'("(?:[^"\\]|\\.)*+(?:"|\Z))'
_COMMENT = re.compile(rf"(?s){_TEXT}|//[^\n]*+|/\*.*?(?:\*/|\Z)")
_TRAILING_COMMA = re.compile(rf"(?s){_TEXT}|,(?=\s*+[\]}}])")
"""Each takes a text to its end, or the document's, so that nothing is looked at twice."""


def load_relaxed(data: bytes | str) -> Object:
    """As `load_object`, with the comments and trailing commas that JSONC allows (bun.lock, deno.jsonc, tsconfig)."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"JSON of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    return load_object(_TRAILING_COMMA.sub(_kept, _COMMENT.sub(_kept, text)))


def _kept(match: re.Match[str]) -> str:
    """A text stays; a comment becomes a space, for it parts what stands around it."""
    return match[1] or ("" if match[0] == "," else " ")


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
