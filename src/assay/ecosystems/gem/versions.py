"""RubyGems' version order (Gem::Version): numbers and words in turn; a word makes a pre-release.

Zeros before the first word and at the end do not count. What is missing is a zero, so zeros between two words lead as
far as the end does: ``1.b.0.b < 1.b``. Key: ``01 text`` word, ``02`` zeros, ``03 number``; zeros are ``01 count`` up to
a word, ``02`` up to the end, and ``03`` and the complement of their count up to a number.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "rubygems"
REVISION = 2

_SEGMENT = re.compile(r"(\d+)|([a-z]+)", re.ASCII | re.IGNORECASE)
_MOST = 0xFFFF


def key(version: str) -> bytes:
    """The sort key."""
    parts: list[bytes] = []
    zeros, word_seen = 0, False
    for digits, word in _SEGMENT.findall(version[:MAX_LENGTH].strip().replace("-", ".pre.")):
        if digits and not digits.strip("0"):
            zeros += 1
            continue
        if zeros and (digits or word_seen):
            parts.append(b"\x02\x03" + _two(_MOST - zeros) if digits else b"\x02\x01" + _two(zeros))
        zeros, word_seen = 0, word_seen or bool(word)
        parts.append(b"\x03" + number(digits) if digits else b"\x01" + text(word))
    return b"".join(parts) + b"\x02\x02"


def installed(version: str) -> bytes:
    """The sort key of a gem as lock files and other tools write it: ``1.18.3-x86_64-linux``, with its platform.

    No published version has a dash of its own: Gem::Version writes ``.pre.`` for it.
    """
    match = _PLATFORM.search(version[:MAX_LENGTH])
    return key(version[: match.start()] if match else version)


_PLATFORM = re.compile(
    r"-(?:(?:universal|x86|x64|x86_64|i\d86|amd64|aarch64|arm\w*|powerpc|ppc\w*|s390x?|riscv\w*|sparc\w*|mips\w*)-"
    r"|(?:java|jruby|dalvik|dotnet|mswin|mingw|linux|darwin|freebsd)(?![a-z]))",
    re.ASCII,
)
"""How platforms begin (Gem::Platform): a processor, or a system without one."""


def _two(count: int) -> bytes:
    return count.to_bytes(2)


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
        if match is None or len(clause) > MAX_LENGTH:
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
