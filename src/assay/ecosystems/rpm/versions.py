"""RPM's version order (rpmvercmp): ``[epoch:]version[-release]``.

Runs of digits and runs of letters in turn, whatever parts them; digits are above letters, more parts above fewer.
``~`` is below the end, ``^`` just above it. Key: ``01`` tilde, ``02`` the end, ``03`` caret, ``04 text``,
``05 number``.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "rpm"
REVISION = 1

_PART = re.compile(r"([~^])|(\d+)|([A-Za-z]+)", re.ASCII)
_MARKS = {"~": b"\x01", "^": b"\x03"}


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip()
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, dash, release = rest.partition("-")
    return _part(epoch or "0") + _part(upstream) + (b"\x01" + _part(release) if dash else b"\x00")


def _part(characters: str) -> bytes:
    return (
        b"".join(
            [
                _MARKS[mark] if mark else b"\x05" + number(digits) if digits else b"\x04" + text(letters)
                for mark, digits, letters in _PART.findall(characters)
            ]
        )
        + b"\x02"
    )


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as in spec files: ``>= 1.2-3``."""
    return relation.intervals(requirement, key)
