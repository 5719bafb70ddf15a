"""Ranges of semantic versions as npm, Cargo, Composer, Hex, Julia, pub and others write them.

::

    ^1.2.3   >=1.2.3 <2.0.0 (the first number that is not zero stays)       ~1.2.3   >=1.2.3 <1.3.0
    ~>1.2    >=1.2 <2.0 (the last number that is written may grow)          1.2.*    >=1.2.0 <1.3.0
    1.2 - 2.3   >=1.2 <2.4 (an upper bound that is short takes all that begins with it)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import relation, semver
from assay.model.version import Interval

_HYPHEN = re.compile(r"\s*([^\s,|<>=^~]+)\s+-\s+([^\s,|<>=^~]+)\s*")
_CLAUSE = re.compile(r"\s*(\^|~>|~|<<|>>|<=|>=|===|==|<|>|=|!=|)\s*([^\s,<>=!|^~&]+)\s*(?:,|&&|\band\b)?")
_WILD = frozenset("*xX")
_NUMBERS = re.compile(r"[vV=]?(\d+(?:\.(?:\d+|[xX*]))*)")


class Dialect(NamedTuple):
    """How an ecosystem writes and orders: its sort key, the operator of a version without one, ``1.2 - 2.3``.

    `before` makes an upper bound exclude the pre-releases of the version that it names: ``<2.0.0-0``. Where short
    versions are `partial`, ``1.2`` is ``1.2.*`` behind every operator: ``<=1.2`` takes 1.2.9, ``>1.2`` begins at 1.3.0.
    """

    key: Callable[[str], bytes] = semver.key
    bare: str = "="
    hyphens: bool = True
    before: str = "-0"
    partial: bool = False


def intervals(requirement: str, dialect: Dialect = Dialect()) -> tuple[Interval, ...]:  # noqa: B008
    """The intervals of a requirement; raises `Malformed` for what is none."""
    if len(requirement) > relation.MAX_LENGTH:
        raise Malformed(f"a requirement of {len(requirement)} characters")
    result: list[Interval] = []
    for part in re.split(r"\|\|?|\bor\b", requirement):
        if part.strip() in relation.ALL:
            return (Interval(),)
        result += _alternative(part.strip(), dialect)
    return tuple(result)


def _alternative(text: str, dialect: Dialect) -> list[Interval]:
    match = _HYPHEN.fullmatch(text) if dialect.hyphens else None
    if match:
        return [_from_to(match[1], match[2], dialect.before)]
    found = [Interval()]
    position = 0
    while position < len(text):
        match = _CLAUSE.match(text, position)
        if match is None:
            raise Malformed(f"{text[:100]!r} is no version range")
        position = match.end()
        parts = _clause(match[1] or dialect.bare, match[2], dialect)
        found = [
            both for one in found for other in parts if (both := relation.meet(one, other, dialect.key)) is not None
        ]
    return found


def _from_to(low: str, high: str, before: str) -> Interval:
    digits = _written(high)
    if len(digits) < 3 and not _rest(high):
        return Interval(low, True, _grown(digits, len(digits) - 1, before))
    return Interval(low, True, high, True)


def _clause(operator: str, version: str, dialect: Dialect) -> tuple[Interval, ...]:
    digits, before = _written(version), dialect.before
    if not digits:
        if version[0] in _WILD:
            return (Interval(),)
        return relation.of(operator if operator not in ("^", "~", "~>") else "=", version)
    wild = any(part in _WILD for part in version.split("."))
    match operator:
        case "^":
            place = next((place for place, digit in enumerate(digits) if digit), len(digits) - 1)
            return (Interval(_plain(version, digits, wild), True, _grown(digits, place, before)),)
        case "~":
            return (Interval(_plain(version, digits, wild), True, _grown(digits, min(1, len(digits) - 1), before)),)
        case "~>":
            return (Interval(_plain(version, digits, wild), True, _grown(digits, max(len(digits) - 2, 0), before)),)
    if not wild and not (dialect.partial and len(digits) < 3 and not _rest(version)):
        return relation.of(operator, version)
    low, high = _plain(version, digits, True), _grown(digits, len(digits) - 1, before)
    match operator:
        case "<":
            return (Interval(high=low + before if dialect.partial else low),)
        case "<=":
            return (Interval(high=high),)
        case ">":
            return (Interval(high),)
        case ">=":
            return (Interval(low),)
        case "!=":
            return Interval(high=low), Interval(high)
        case _:
            return (Interval(low, True, high),)


def _written(version: str) -> list[int]:
    """The numbers that are written, up to a wildcard."""
    match = _NUMBERS.match(version)
    result: list[int] = []
    for part in match[1].split(".") if match else ():
        if part in _WILD:
            break
        result.append(int(part[:18]))
    return result


def _rest(version: str) -> str:
    match = _NUMBERS.match(version)
    return version[match.end() :] if match else version


def _plain(version: str, digits: list[int], wild: bool) -> str:
    return ".".join(map(str, digits)) if wild else version


def _grown(digits: list[int], place: int, before: str) -> str:
    """The first version beyond: the number at `place` plus one, and below its pre-releases."""
    return ".".join(map(str, [*digits[:place], digits[place] + 1])) + before
