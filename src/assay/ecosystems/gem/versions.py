"""RubyGems' version order (Gem::Version): numbers and words in turn; a word makes a pre-release.

Zeros before a word and at the end do not count. Key: ``01 text`` word, ``02`` the end, ``03 number``.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "rubygems"
REVISION = 1

_SEGMENT = re.compile(r"(\d+)|([a-z]+)", re.ASCII | re.IGNORECASE)
_ZERO = b"\x03\x00"


def key(version: str) -> bytes:
    """The sort key."""
    parts: list[bytes] = []
    word_seen = False
    for digits, word in _SEGMENT.findall(version[:MAX_LENGTH].strip().replace("-", ".pre.")):
        if digits:
            parts.append(b"\x03" + number(digits))
            continue
        if not word_seen:
            word_seen = True
            while parts and parts[-1] == _ZERO:
                parts.pop()
        parts.append(b"\x01" + text(word))
    while parts and parts[-1] == _ZERO:
        parts.pop()
    return b"".join(parts) + b"\x02"


_CLAUSE = re.compile(r"\s*(~>|!=|<=|>=|<|>|=|)\s*([0-9A-Za-z.\-]+)\s*")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """A requirement: ``~> 1.2, >= 1.2.3``; all clauses must hold."""
    if "||" in requirement:
        return tuple(item for part in requirement.split("||") for item in intervals(part))
    found: tuple[Interval, ...] = (Interval(),)
    if requirement.strip() in relation.ALL:
        return found
    for clause in requirement.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise Malformed(f"{clause[:100]!r} is no gem requirement")
        parts = (_pessimistic(match[2]),) if match[1] == "~>" else relation.of(match[1], match[2])
        found = tuple(both for one in found for other in parts if (both := relation.meet(one, other, key)) is not None)
    return found


def _pessimistic(version: str) -> Interval:
    """``~> 1.2.3`` is ``>= 1.2.3, < 1.3.a``: pre-releases of the bound are above it."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    if len(numbers) > 1:
        numbers.pop()
    if not numbers:
        return Interval(version)
    numbers[-1] += 1
    return Interval(version, True, ".".join(map(str, numbers)) + ".a")
