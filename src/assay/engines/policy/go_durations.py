"""Durations as Go writes them (time.ParseDuration, Duration.String): ``1h30m``, ``-1.5s``, ``300ms``."""

from __future__ import annotations

import re
from fractions import Fraction

from assay.errors import Malformed

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"(\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(ns|us|µs|μs|ms|s|m|h)")
SECOND = 10**9


def parse(text: str) -> int:
    """Nanoseconds; raises `Malformed` for what is no duration."""
    if (nanoseconds := parsed(text)) is None:
        raise Malformed(f"{text!r:.80} is no duration", "write one as 1h30m or 90s")
    return nanoseconds


def parsed(text: str) -> int | None:
    """Nanoseconds, or None for what is no duration."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total, position = Fraction(0), 0
    while match := _PART.match(rest, position):
        number = match[1] + "0" if match[1].endswith(".") else match[1]
        total += Fraction(number) * _UNITS[match[2]]
        position = match.end()
    if not position or position != len(rest):
        return None
    return int(-total if text[0] == "-" else total)


def text_of(nanoseconds: int) -> str:
    """As Go prints it: ``1h0m0s``, ``1.5s``, ``2ms``, ``0s``."""
    if not nanoseconds:
        return "0s"
    sign, value = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if value < SECOND:
        unit, size = ("ns", 1) if value < 1000 else ("µs", 1000) if value < 10**6 else ("ms", 10**6)
        return f"{sign}{_decimal(value, size)}{unit}"
    seconds, rest = divmod(value, SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    shown = f"{_decimal(second * SECOND + rest, SECOND)}s"
    if minutes:
        shown = f"{minute}m{shown}"
    return sign + (f"{hours}h{shown}" if hours else shown)


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    if not part:
        return str(whole)
    digits = str(part).rjust(len(str(size)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"
