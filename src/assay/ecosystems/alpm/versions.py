"""Arch's version order (alpm's vercmp, which is rpmvercmp of old): ``[epoch:]version[-release]``.

Runs of digits and of letters in turn. Unlike with rpm, letters that follow directly make an elder version
(``1.0rc1 < 1.0``) unless something parts them (``1.0 < 1.0.a``). Key: ``01 text`` letters that follow directly, ``02``
the end, ``03 text`` letters, ``04 number``.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "alpm"
REVISION = 1

_PART = re.compile(r"([^A-Za-z0-9]*)(?:(\d+)|([A-Za-z]+))", re.ASCII)


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
    for mark, digits, letters in _PART.findall(characters):
        if digits:
            result.append(b"\x04" + number(digits))
        else:
            result.append((b"\x03" if mark or not result else b"\x01") + text(letters))
    return b"".join(result) + b"\x02"


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as PKGBUILDs write them: ``>=1.2-1``."""
    return relation.intervals(requirement, key)
