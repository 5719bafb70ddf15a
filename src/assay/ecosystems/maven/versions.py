"""Maven's version order (the POM reference, "Version Order Specification"; ComparableVersion of Maven 3.9).

Tokens are parted by ``.``, ``-`` and where digits meet letters (which counts as ``-``). What says nothing (``0``,
``final``, ``ga``, ``release``) goes from the end and from before each ``-``. A qualifier after a dot is one after a
dash. Then, by position::

    alpha < beta < milestone < rc = cr < snapshot < (the end) < sp < any other word < -number < .number

``a1``, ``b1`` and ``m1`` are alpha, beta and milestone.

Maven's own comparison has circles: ``1.0.0-x < 1.0.0.RC7 < 1.0.0 < 1.0.0-x``, since it looks at ``.0`` against ``-x``
before it sees the word after the dot. `assay.ecosystems.maven.comparable` says what Maven says of two versions, circles
included; `key` is the nearest order without them, which differs only where words follow dots.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assay.ecosystems.maven.comparable import compare
from assay.formats import bracket_range, relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

__all__ = ["REVISION", "SCHEME", "compare", "intervals", "key"]

SCHEME = "maven"
REVISION = 2

_TOKEN = re.compile(r"([.\-]?)(\d+|[^\d.\-]+|)(?=(\d?))", re.ASCII)
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_BEFORE = {"alpha": 1, "beta": 2, "milestone": 3, "rc": 4, "cr": 4, "snapshot": 5}
_NOTHING = frozenset(("", "0", "final", "ga", "release"))
_END = b"\x02"


class _Token(NamedTuple):
    dash: bool
    value: str


def key(version: str) -> bytes:
    """The sort key."""
    return b"".join(map(_encoded, _trimmed(_tokens(version[:MAX_LENGTH].strip().lower())))) + _END


def _tokens(version: str) -> list[_Token]:
    """The tokens; a word after a dot is one after a dash."""
    result = [_Token(False, "0")] if version[:1] in (".", "-") else []
    position, before = 0, ""
    while position < len(version):
        match = _TOKEN.match(version, position)
        if match is None or match.end() == position:
            break
        mark, value, following = match[1], match[2], match[3]
        if following and value in _SHORT:
            value = _SHORT[value]
        digits = value.isdigit()
        value = (value.lstrip("0") or "0") if digits else value or "0"
        met = not mark and bool(before)
        word = not (digits or value == "0")
        result.append(_Token(mark == "-" or met or word, value))
        position, before = match.end(), value
    return result


def _trimmed(tokens: list[_Token]) -> list[_Token]:
    result: list[_Token] = []
    for token in tokens:
        if token.dash:
            while result and result[-1].value in _NOTHING:
                result.pop()
        result.append(token)
    while result and result[-1].value in _NOTHING:
        result.pop()
    return result


def _encoded(token: _Token) -> bytes:
    value = token.value
    if value.isdigit():
        return (b"\x04" if token.dash else b"\x05") + number(value)
    if value in _BEFORE:
        return bytes((1, _BEFORE[value]))
    if value in _NOTHING:
        return _END
    return b"\x03\x01" if value == "sp" else b"\x03\x02" + text(value)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``[1.0,2.0)``, ``(,1.0],[1.2,)``; what has no brackets is read as relations."""
    if bracket_range.has_brackets(requirement):
        return bracket_range.intervals(requirement.strip())
    return relation.intervals(requirement, key)
