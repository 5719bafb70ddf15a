"""Times as Go reads them by layouts: the reference time is ``Mon Jan 2 15:04:05 MST 2006``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from assay.errors import Malformed

RFC3339 = "2006-01-02T15:04:05Z07:00"
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PIECES: tuple[tuple[str, str, str], ...] = (
    ("January", "month", "|".join(_MONTHS)),
    ("Monday", "", "|".join(_DAYS)),
    ("2006", "Y", r"\d{4}"),
    ("Z07:00", "zone", r"Z|[+-]\d\d:\d\d"),
    ("Z0700", "zone", r"Z|[+-]\d{4}"),
    ("-07:00", "zone", r"[+-]\d\d:\d\d"),
    ("-0700", "zone", r"[+-]\d{4}"),
    ("-07", "zone", r"[+-]\d\d"),
    ("Jan", "month", "|".join(name[:3] for name in _MONTHS)),
    ("Mon", "", "|".join(name[:3] for name in _DAYS)),
    ("MST", "name", r"[A-Z]{3,4}"),
    ("002", "yday", r"\d{3}"),
    ("01", "m", r"\d\d"),
    ("02", "d", r"\d\d"),
    ("_2", "d", r"[ \d]\d"),
    ("03", "h12", r"\d\d"),
    ("04", "M", r"\d\d"),
    ("05", "S", r"\d\d"),
    ("06", "y", r"\d\d"),
    ("15", "H", r"\d\d"),
    ("PM", "half", "AM|PM"),
    ("pm", "half", "am|pm"),
    ("1", "m", r"\d{1,2}"),
    ("2", "d", r"\d{1,2}"),
    ("3", "h12", r"\d{1,2}"),
    ("4", "M", r"\d{1,2}"),
    ("5", "S", r"\d{1,2}"),
)
_FRACTION = re.compile(r"[.,](0+|9+)(?!\d)")
_LONGEST = 128


def parse(layout: str, text: str) -> datetime:
    """The time that `text` says in the form of `layout`; raises `Malformed`."""
    if len(layout) > _LONGEST or len(text) > _LONGEST:
        raise Malformed("a time or its layout is too long")
    match = re.fullmatch(_pattern(layout), text)
    if match is None:
        raise Malformed(f"{text!r:.80} is no time in the form {layout!r:.80}")
    try:
        return _time({key: value for key, value in match.groupdict().items() if value is not None})
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{text!r:.80} is no time: {error}") from error


def rfc3339(text: str) -> datetime:
    """A time of RFC 3339; raises `Malformed`."""
    return parse(RFC3339, text)


def show(moment: datetime) -> str:
    """As RFC 3339, in its own zone, without fractions."""
    shown = moment.replace(microsecond=0).isoformat()
    return shown.removesuffix("+00:00") + "Z" if shown.endswith("+00:00") else shown


def _pattern(layout: str) -> str:
    found, position, seen = "", 0, 0
    while position < len(layout):
        if fraction := _FRACTION.match(layout, position):
            found, position = found + r"(?:[.,]\d+)?", fraction.end()
            continue
        piece = next((piece for piece in _PIECES if layout.startswith(piece[0], position)), None)
        if piece is None:
            found, position = found + re.escape(layout[position]), position + 1
            continue
        seen += 1
        found += f"(?P<{piece[1]}>{piece[2]})" if piece[1] and f"?P<{piece[1]}>" not in found else f"(?:{piece[2]})"
        if piece[1] == "S" and not _FRACTION.match(layout, position + len(piece[0])):
            found += r"(?P<part>[.,]\d+)?"  # Go takes fractions after seconds also where the layout has none
        position += len(piece[0])
    return found


def _time(parts: dict[str, str]) -> datetime:
    year = int(parts["Y"]) if "Y" in parts else _century(int(parts["y"])) if "y" in parts else 1
    month = _month(parts["month"]) if "month" in parts else int(parts.get("m", "1"))
    hour = int(parts.get("H", "0"))
    if "h12" in parts:
        hour = int(parts["h12"]) % 12 + (12 if parts.get("half", "").upper() == "PM" else 0)
    part = int(float("0" + parts["part"].replace(",", ".")) * 10**6) if "part" in parts else 0
    zone = _zone(parts["zone"]) if "zone" in parts else UTC
    clock = (hour, int(parts.get("M", "0")), int(parts.get("S", "0")), part)
    return datetime(year, month, int(parts.get("d", "1")), *clock, tzinfo=zone)


def _century(year: int) -> int:
    return year + (1900 if year >= 69 else 2000)


def _month(name: str) -> int:
    return next(number for number, known in enumerate(_MONTHS, 1) if known.startswith(name))


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
