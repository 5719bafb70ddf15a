"""Timestamps (RFC 3339) and durations (Go's form), and what can be asked of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assay.engines.policy import go_durations
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))")
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)")
_MAX_TEXT = 100


def parse_timestamp(text: str) -> datetime:
    """Raises `Untold` for what is no RFC 3339."""
    found = _TIMESTAMP.fullmatch(text[:_MAX_TEXT])
    if found is None:
        raise Untold(f"not a timestamp: {text!r:.80}")
    day, time, fraction, _, sign, hours, minutes = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}").replace(
            microsecond=int((fraction or "0").ljust(6, "0")[:6]), tzinfo=UTC
        )
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        raise Untold(f"not a timestamp: {text!r:.80}") from None


def parse_duration(text: str) -> timedelta:
    """Raises `Untold` for what is not like ``1h30m``."""
    nanoseconds = go_durations.parsed(text) if 0 < len(text) <= _MAX_TEXT else None
    if nanoseconds is None:
        raise Untold(f"not a duration: {text!r:.80}")
    try:
        return timedelta(microseconds=round(nanoseconds / 1000))
    except OverflowError:
        raise Untold(f"duration out of range: {text!r:.80}") from None


def timestamp_text(moment: datetime) -> str:
    """RFC 3339 in UTC, with as many digits of a second as there are."""
    found = moment.astimezone(UTC)
    fraction = f".{found.microsecond:06d}".rstrip("0") if found.microsecond else ""
    return f"{found:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def duration_text(value: timedelta) -> str:
    """As cel-go has it: seconds, ``5400s``."""
    micros = round(value / timedelta(microseconds=1))
    whole, rest = divmod(abs(micros), 1_000_000)
    return f"{'-' if micros < 0 else ''}{whole}{f'.{rest:06d}'.rstrip('0') if rest else ''}s"


def _zone(name: str) -> tzinfo:
    if found := _OFFSET.fullmatch(name):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Untold(f"unknown time zone: {name!r:.80}") from None


_PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda moment: moment.year,
    "getMonth": lambda moment: moment.month - 1,
    "getDayOfYear": lambda moment: moment.timetuple().tm_yday - 1,
    "getDate": lambda moment: moment.day,
    "getDayOfMonth": lambda moment: moment.day - 1,
    "getDayOfWeek": lambda moment: moment.isoweekday() % 7,
    "getHours": lambda moment: moment.hour,
    "getMinutes": lambda moment: moment.minute,
    "getSeconds": lambda moment: moment.second,
    "getMilliseconds": lambda moment: moment.microsecond // 1000,
}
_WHOLE: dict[str, Callable[[timedelta], int]] = {
    "getHours": lambda value: int(value / timedelta(hours=1)),
    "getMinutes": lambda value: int(value / timedelta(minutes=1)),
    "getSeconds": lambda value: int(value / timedelta(seconds=1)),
    "getMilliseconds": lambda value: int(value / timedelta(milliseconds=1)),
}


def _zoned(part: Callable[[datetime], int]) -> Callable[[datetime, str], int]:
    return lambda moment, zone: part(moment.astimezone(_zone(zone)))


TIMES = Library(
    "times",
    {
        **{f"timestamp -> {name}(): int": part for name, part in _PARTS.items()},
        **{f"timestamp -> {name}(string): int": _zoned(part) for name, part in _PARTS.items()},
        **{f"duration -> {name}(): int": part for name, part in _WHOLE.items()},
    },
)
