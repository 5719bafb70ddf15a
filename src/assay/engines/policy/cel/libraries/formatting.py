"""``"...".format([...])`` (cel-go's `ext.Strings`): ``%s %d %f %e %b %o %x %X``, a precision for ``%f`` and ``%e``."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from assay.engines.policy.cel.faults import Costly, Untold
from assay.engines.policy.cel.frame import MAX_TEXT
from assay.engines.policy.cel.libraries.times import duration_text, timestamp_text
from assay.engines.policy.cel.values import Opaque, TypeName, UInt, Value, Walk, kind

_CLAUSE = re.compile(r"%(?:%|(?:\.([0-9]{1,3}))?(.))", re.DOTALL)
_BASES = {"b": "b", "o": "o", "x": "x", "X": "X"}


def formatted(pattern: str, arguments: list[Value]) -> str:
    """Raises `Untold` for an unknown clause, and for arguments that do not fit."""
    given, room = iter(arguments), MAX_TEXT

    def clause(found: re.Match[str]) -> str:
        nonlocal room
        if found[0] == "%%":
            return "%"
        try:
            text = _clause(found[2], found[1], next(given))
        except StopIteration:
            raise Untold("the format has more clauses than arguments") from None
        room -= len(text)
        if room < 0:
            raise Costly(f"a text of the expression has over {MAX_TEXT} characters")
        return text

    return _CLAUSE.sub(clause, pattern)


def _clause(letter: str, precision: str | None, value: Value) -> str:
    if letter == "s":
        return shown(value)
    if letter == "d" and type(value) in (int, UInt, float):
        return _number(value)
    if letter in "fe" and type(value) in (int, UInt, float):
        return _fixed(float(value), letter, int(precision) if precision else 6)
    if letter in _BASES:
        return _based(letter, value)
    raise Untold(f"the format's clause %{letter} does not take {kind(value)}")


def _fixed(value: float, letter: str, precision: int) -> str:
    if not math.isfinite(value):
        return shown(value)
    return f"{value:.{precision}{letter}}"


def _based(letter: str, value: Value) -> str:
    if type(value) in (int, UInt):
        return f"{int(value):{letter}}"
    if letter == "b" and type(value) is bool:
        return str(int(value))
    if letter in "xX" and isinstance(value, str | bytes):
        found = (value.encode() if isinstance(value, str) else value).hex()
        return found.upper() if letter == "X" else found
    raise Untold(f"the format's clause %{letter} does not take {kind(value)}")


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else repr(value)


def shown(value: Value, walk: Walk | None = None) -> str:
    """A value as ``%s`` shows it."""
    walk = walk or Walk()
    walk.step()
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int() | float():
            return _number(value)
        case bytes():
            return value.decode(errors="replace")
        case datetime():
            return timestamp_text(value)
        case timedelta():
            return duration_text(value)
        case list():
            return f"[{', '.join(shown(item, walk) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{shown(key)}: {shown(item, walk)}' for key, item in _ordered(value))}}}"
        case TypeName():
            return value.name
    if isinstance(value, Opaque) and (text := getattr(value, "text", None)) is not None:
        return str(text())
    raise Untold(f"the format's clause %s does not take {kind(value)}")


def _ordered(value: dict[Value, Value]) -> list[tuple[Value, Value]]:
    return sorted(value.items(), key=lambda entry: shown(entry[0]))
