"""Requirements written as relations: ``>= 1.0, < 2.0``, ``<< 3``, ``= 1.2.3``, with ``||`` between alternatives.

GitHub's advisories, distributions and several ecosystems write them; a bare version is that version.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.errors import Malformed
from assay.model.version import Interval

_RELATION = re.compile(r"\s*(<<|>>|<=|>=|===|==|<|>|=|!=|)\s*([^\s,<>=!|]+)\s*(?:,|&&|\band\b)?", re.ASCII)
MAX_LENGTH = 10_000
ALL = frozenset(("", "*", "x", "X", "-", "latest", ">=0", ">= 0"))


def intervals(
    requirement: str, key: Callable[[str], bytes], bare: Callable[[str], tuple[Interval, ...]] | None = None
) -> tuple[Interval, ...]:
    """The intervals of a requirement in the order of `key`.

    `bare` reads a version without an operator, by default as that very version. Raises `Malformed` for what is no
    requirement.
    """
    if len(requirement) > MAX_LENGTH:
        raise Malformed(f"a requirement of {len(requirement)} characters")
    result: list[Interval] = []
    for alternative in re.split(r"\|\|?|\bor\b", requirement):
        if alternative.strip() in ALL:
            return (Interval(),)
        result += _alternative(alternative.strip(), key, bare)
    return tuple(result)


def _alternative(
    text: str, key: Callable[[str], bytes], bare: Callable[[str], tuple[Interval, ...]] | None
) -> list[Interval]:
    found = [Interval()]
    position = 0
    while position < len(text):
        match = _RELATION.match(text, position)
        if match is None:
            raise Malformed(f"{text[:100]!r} is no version requirement")
        position = match.end()
        parts = bare(match[2]) if bare is not None and not match[1] else of(match[1], match[2])
        found = [both for one in found for other in parts if (both := meet(one, other, key)) is not None]
    return found


def of(operator: str, version: str) -> tuple[Interval, ...]:
    """The interval of one relation; ``!=`` leaves two."""
    match operator:
        case "<" | "<<":
            return (Interval(high=version),)
        case "<=":
            return (Interval(high=version, high_included=True),)
        case ">" | ">>":
            return (Interval(version, False),)
        case ">=":
            return (Interval(version),)
        case "!=":
            return Interval(high=version), Interval(version, False)
        case _:
            return (Interval(version, True, version, True),)


def meet(one: Interval, other: Interval, key: Callable[[str], bytes]) -> Interval | None:
    """What lies in both; None where nothing does."""
    low, low_included = max(
        ((item.low, item.low_included) for item in (one, other)),
        key=lambda bound: (bool(bound[0]), key(bound[0]) if bound[0] else b"", not bound[1]),
    )
    high, high_included = min(
        ((item.high, item.high_included) for item in (one, other)),
        key=lambda bound: (not bound[0], key(bound[0]) if bound[0] else b"", bound[1]),
    )
    if low and high and (key(low), not low_included) > (key(high), False):
        return None
    return Interval(low, low_included, high, high_included)
