"""Gentoo's version order (the Package Manager Specification, chapter 3): ``1.2.3b_rc1_p2-r4``.

The first number compares as a number; of the others those with a leading zero as text without zeros at the end. Key:
numbers, letter, suffixes (alpha < beta < pre < rc < the end < p), revision.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "gentoo"
REVISION = 1

_VERSION = re.compile(
    r"(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)\d*)*)(?:-r(\d+))?(.*)", re.ASCII | re.DOTALL
)
_SUFFIX = re.compile(r"_([a-z]+)(\d*)")
_RANKS = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04", "p": b"\x06"}
_END = b"\x05"


def key(version: str) -> bytes:
    """The sort key; what is no version is below all."""
    match = _VERSION.match(version[:MAX_LENGTH].strip())
    if match is None:
        return b"\x00" + text(version[:MAX_LENGTH])
    first, others, letter, suffixes, revision, rest = match.groups()
    return b"".join(
        (
            b"\x01",
            number(first),
            *(b"\x01" + _part(part) for part in others.split(".")[1:]),
            b"\x00",
            letter.encode() + b"\x00",
            *(_RANKS[name] + number(digits) for name, digits in _SUFFIX.findall(suffixes)),
            _END,
            number(revision or ""),
            text(rest),
        )
    )


def _part(digits: str) -> bytes:
    return b"\x01" + text(digits.rstrip("0")) if digits[0] == "0" else b"\x02" + number(digits)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations, as GLSAs come down to: ``>= 1.2-r1``, ``< 2``."""
    return relation.intervals(requirement, key)
