"""Schedules as Kubernetes has them (robfig/cron, standard form): ``MINUTE HOUR DAY MONTH WEEKDAY`` in UTC, ``@hourly``.

A field is ``*``, a number or name, a range ``1-5``, a step ``*/15`` or ``9-17/2``, or several of them with commas.
Where day and weekday are both restricted, either will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assay.errors import Malformed

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (("minute", 0, 59, ()), ("hour", 0, 23, ()), ("day", 1, 31, ()), ("month", 1, 12, _MONTHS))
_WEEKDAY = ("weekday", 0, 7, _DAYS)
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether a day or a weekday is enough, both being restricted."""

    def takes(self, moment: datetime) -> bool:
        """Whether a minute is one of those."""
        moment = moment.astimezone(UTC)
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.month in self.months
            and (day or weekday if self.either else day and weekday)
        )

    def is_due(self, since: datetime, now: datetime, most: timedelta = timedelta(hours=1)) -> bool:
        """Whether a minute after `since` and up to `now` is one of those, looking back for no longer than `most`."""
        minute = max(since, now - most).replace(second=0, microsecond=0) + timedelta(minutes=1)
        while minute <= now:
            if self.takes(minute):
                return True
            minute += timedelta(minutes=1)
        return False


def read(text: str) -> Schedule:
    """Raises `Malformed` with the field that is wrong."""
    if len(text) > _MAX_TEXT:
        raise Malformed(f"a schedule of {len(text)} characters", "write MINUTE HOUR DAY MONTH WEEKDAY")
    parts = _NAMED.get(text.strip(), text).lower().split()
    if len(parts) != 5:
        raise Malformed(f"{text!r:.80} is no schedule", "write MINUTE HOUR DAY MONTH WEEKDAY, as 0 3 * * *")
    fields = [_field(part, *about) for part, about in zip(parts, (*_FIELDS, _WEEKDAY), strict=True)]
    weekdays = frozenset(number % 7 for number in fields[4])
    either = not parts[2].startswith(("*", "?")) and not parts[4].startswith(("*", "?"))
    return Schedule(fields[0], fields[1], fields[2], fields[3], weekdays, either)


def _field(text: str, name: str, first: int, last: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        low, dash, high = span.partition("-")
        if span in ("*", "?"):
            start, end = first, last
        else:
            start = _number(low, name, first, last, names)
            end = _number(high, name, first, last, names) if dash else last if slash else start
        width = _number(step, name, 1, last + 1, ()) if slash else 1
        if end < start:
            raise Malformed(f"the schedule's {name} {part!r:.40} ends before it begins", "write the smaller one first")
        found.update(range(start, end + 1, width))
    return frozenset(found)


def _number(text: str, name: str, first: int, last: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + (1 if names is _MONTHS else 0)
    if not (text.isascii() and text.isdigit() and len(text) < 4 and first <= int(text) <= last):
        raise Malformed(f"the schedule's {name} {text!r:.40} is none", f"it is from {first} to {last}")
    return int(text)
