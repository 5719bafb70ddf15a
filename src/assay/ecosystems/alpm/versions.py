"""Arch's version order (alpm's vercmp, which is rpmvercmp of old): ``[epoch:]version[-release]``.

Runs of digits and of letters in turn. Unlike with rpm, letters that follow directly make an elder version
(``1.0rc1 < 1.0``) unless something parts them (``1.0 < 1.0.a``), and more characters between two runs make a later one
(``1.0 < 1..0``). Key: ``01 text`` letters that follow directly, ``02`` the end, ``03 number`` digits that do, ``04``,
the count of characters between, and then ``01 text``, ``02`` for the end or ``03 number``.

vercmp takes no notice of a release that only one of the two has; here none is below any.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "alpm"
REVISION = 2

_PART = re.compile(r"([^A-Za-z0-9]*)(?:(\d+)|([A-Za-z]+)|$)", re.ASCII)
_MOST = 255


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip()
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, dash, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return number(epoch if epoch.isdigit() else "") + _parts(upstream) + (_parts(release) if dash else b"")


def _parts(characters: str) -> bytes:
    result = []
    for between, digits, letters in _PART.findall(characters):
        if between:
            count = min(len(between), _MOST) if digits or letters else 1  # at the end, as many as there are
            result.append(bytes((4, count)))
        result.append(b"\x03" + number(digits) if digits else b"\x01" + text(letters) if letters else b"\x02")
        if not digits and not letters:
            break
    return b"".join(result)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as PKGBUILDs write them: ``>=1.2-1``."""
    return relation.intervals(requirement, key)
