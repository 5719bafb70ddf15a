"""Conan's versions (conan.internal.model.version): parts between dots, a pre-release after ``-``, a build after ``+``.

Parts compare as numbers where both are numbers, else as text: ``1 < 1k < 2 < cci``. Zeros at the end do not count,
builds do: ``1.0-rc < 1.0 = 1 < 1.0+1``. Key: the parts, ``01`` and its parts for a pre-release or ``02``, ``01`` and
the parts of the build or ``00``. Parts: ``00`` the end, ``01 text`` below digits, ``02 number text``, ``03 text``.

Conan's own comparison has circles, ``9 < 10 < 1k < 9``; here a part orders by its number first.
"""

from __future__ import annotations

import re

from assay.formats import semver_range
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "conan"
REVISION = 2

_DIGITS = re.compile(r"\d+(?:_\d+)*", re.ASCII)


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip()
    rest, plus, build = version.rpartition("+") if "+" in version else (version, "", "")
    numbers, dash, before = rest.partition("-")
    return b"".join(
        (
            _parts(numbers),
            b"\x01" + _parts(before) if dash else b"\x02",
            b"\x01" + _parts(build) if plus else b"\x00",
        )
    )


def _parts(dotted: str) -> bytes:
    parts = dotted.split(".")
    while parts and _DIGITS.fullmatch(parts[-1]) and not parts[-1].strip("0_"):
        parts.pop()
    return b"".join(map(_part, parts)) + b"\x00"


def _part(part: str) -> bytes:
    match = _DIGITS.match(part)
    if match is not None:
        return b"\x02" + number(match[0].replace("_", "")) + text(part[match.end() :])
    return (b"\x03" if part > "9" else b"\x01") + text(part)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``[>=1.2 <2]``, ``[^1.2]``, ``[~1.2.3]``."""
    return semver_range.intervals(requirement.strip("[] "), semver_range.Dialect(key))
