"""Versions of Java runtimes: those of JEP 223 and JEP 322, and the elder ones, which name the same releases.

``11.0.22+7`` is version 11.0.22 in its build 7. Before Java 9 an update had two names and the NVD adds its own:
``1.8.0_402-b06``, ``8u402``, ``8.0.402`` and the CPE's version and update ``1.8.0:update402`` or ``8:update_402`` are
one. Only 1.2 to 1.8 were renamed; ``1.9``, with which some ranges begin, is before all of them. A pre-release
(``22-ea``) is before its release; builds and what follows them tell no fixes apart and are not compared.

Key: ``05 number`` for each number but zeros at the end, then ``03`` for a release, or ``02``, the word and its number.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "jvm"
REVISION = 1

_NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_UPDATE = re.compile(r"(?:_|[-:]?u(?:pdate)?_?)(\d+)", re.ASCII)
_BEFORE = re.compile(r"[-:_](alpha|beta|ea|internal|milestone|rc|snapshot)[-_.]?(\d*)", re.ASCII)
_RENAMED = frozenset("2345678")


def key(version: str) -> bytes:
    """The sort key."""
    plain = version[:MAX_LENGTH].strip().lower().partition("+")[0]
    match = _NUMBERS.match(plain)
    if match is None:
        return b"\x02" + text(plain) + number("")
    numbers, rest = match[0].split("."), plain[match.end() :]
    if numbers[0] == "1" and len(numbers) > 1 and numbers[1] in _RENAMED:
        del numbers[0]
    if update := _UPDATE.match(rest):
        numbers += ["0"] * (2 - len(numbers)) + [update[1]]
        rest = rest[update.end() :]
    while len(numbers) > 1 and not numbers[-1].strip("0"):
        numbers.pop()
    early = _BEFORE.match(rest)
    end = b"\x02" + text(early[1]) + number(early[2]) if early else b"\x03"
    return b"".join(b"\x05" + number(digits) for digits in numbers) + end


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations: ``>= 11, < 11.0.22``."""
    return relation.intervals(requirement, key)
