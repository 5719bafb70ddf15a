"""Conversions, ``size``, ``type`` and the tests of texts (cel-spec, "List of Standard Definitions")."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.libraries.times import duration_text, parse_duration, parse_timestamp, timestamp_text
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import TypeName, UInt, Value, kind, unsigned, whole

_INTEGER = re.compile(r"[-+]?[0-9]{1,20}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?|[-+]?(?:[iI]nf(?:inity)?|[nN]a[nN])")
_LEAST_EXPONENT, _EXPONENT = -4, 6
_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))


def to_int(value: Value) -> int:
    """``int(x)``."""
    match value:
        case datetime():
            return math.floor(value.timestamp())
        case timedelta():
            return whole(round(value / timedelta(microseconds=1)) * 1000)
        case str() if _INTEGER.fullmatch(value):
            return whole(int(value))
        case float() if math.isfinite(value):
            return whole(int(value))
        case UInt():
            return whole(int(value))
        case int() if not isinstance(value, bool):
            return value
    raise Untold(f"type conversion error from {kind(value)} to int")


def to_uint(value: Value) -> UInt:
    """``uint(x)``."""
    match value:
        case str() if _INTEGER.fullmatch(value):
            return unsigned(int(value))
        case float() if math.isfinite(value):
            return unsigned(int(value))
        case int() if not isinstance(value, bool):
            return unsigned(int(value))
    raise Untold(f"type conversion error from {kind(value)} to uint")


def to_double(value: Value) -> float:
    """``double(x)``."""
    if isinstance(value, str) and _FLOAT.fullmatch(value):
        return float(value)
    if type(value) in (int, float, UInt):
        return float(value)
    raise Untold(f"type conversion error from {kind(value)} to double")


def to_string(value: Value) -> str:
    """``string(x)``."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return double_text(value)
        case bytes():
            return _decoded(value)
        case datetime():
            return timestamp_text(value)
        case timedelta():
            return duration_text(value)
    if (text := getattr(value, "text", None)) is not None:
        return str(text())
    raise no_overload("string", value)


def double_text(value: float) -> str:
    """As Go's ``%g`` has it: the shortest digits, with an exponent below -4 and from 6 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    digits = len(repr(value).partition("e")[0].strip("-").replace(".", "").strip("0")) or 1
    scientific = f"{value:.{digits - 1}e}"
    exponent = int(scientific.partition("e")[2])
    if exponent < _LEAST_EXPONENT or exponent >= _EXPONENT:
        return scientific
    return f"{value:.{max(0, digits - 1 - exponent)}f}"


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Untold("invalid UTF-8 in bytes, cannot convert to string") from None


def to_bytes(value: Value) -> bytes:
    """``bytes(x)``."""
    return value.encode() if isinstance(value, str) else value


def to_bool(value: Value) -> bool:
    """``bool(x)``."""
    if isinstance(value, bool):
        return value
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise Untold("type conversion error from string to bool")


def to_timestamp(value: Value) -> datetime:
    """``timestamp(x)``: a text (RFC 3339), or seconds since 1970."""
    if isinstance(value, str):
        return parse_timestamp(value)
    return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)


def to_duration(value: Value) -> timedelta:
    """``duration(x)``: Go's form, or nanoseconds."""
    if isinstance(value, str):
        return parse_duration(value)
    return value if isinstance(value, timedelta) else timedelta(microseconds=value / 1000)


STANDARD = Library(
    "standard",
    {
        "size(string): int": len,
        "size(bytes): int": len,
        "size(list): int": len,
        "size(map): int": len,
        "string -> size(): int": len,
        "bytes -> size(): int": len,
        "list -> size(): int": len,
        "map -> size(): int": len,
        "type(dyn): type": lambda value: TypeName(kind(value)),
        "dyn(dyn): dyn": lambda value: value,
        "int(dyn): int": to_int,
        "uint(dyn): uint": to_uint,
        "double(dyn): double": to_double,
        "string(dyn): string": to_string,
        "bytes(string): bytes": to_bytes,
        "bytes(bytes): bytes": to_bytes,
        "bool(string): bool": to_bool,
        "bool(bool): bool": to_bool,
        "timestamp(string): timestamp": to_timestamp,
        "timestamp(int): timestamp": to_timestamp,
        "timestamp(timestamp): timestamp": to_timestamp,
        "duration(string): duration": to_duration,
        "duration(int): duration": to_duration,
        "duration(duration): duration": to_duration,
        "string -> contains(string): bool": str.__contains__,
        "string -> startsWith(string): bool": lambda text, start: text.startswith(start),
        "string -> endsWith(string): bool": lambda text, end: text.endswith(end),
    },
)
