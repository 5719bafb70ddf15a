"""Ranges in brackets, as Maven and NuGet write them: ``[1.0,2.0)``, ``(,1.0],[1.2,)``, ``[1.5]``."""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.model.version import Interval

_RANGE = re.compile(r"\s*([\[(])\s*([^,\[\]()]*?)\s*(,?)\s*([^,\[\]()]*?)\s*([\])])\s*,?")


def has_brackets(requirement: str) -> bool:
    """Whether it is such a range."""
    return requirement.lstrip()[:1] in ("[", "(")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """The intervals; raises `Malformed` for what is no such range."""
    result = []
    position = 0
    while position < len(requirement):
        match = _RANGE.match(requirement, position)
        if match is None:
            raise Malformed(f"{requirement[:100]!r} is no version range")
        opened, low, comma, high, closed = match.groups()
        if comma:
            result.append(Interval(low, opened == "[", high, closed == "]" and bool(high)))
        else:
            result.append(Interval(low or high, True, low or high, True))
        position = match.end()
    return tuple(result)
