"""Semantic versions and ranges of them, as github.com/blang/semver reads them: ``>=1.2.0 <2.0.0 || 3.x``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from assay.errors import Malformed

_VERSION = re.compile(
    r"(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?"
)
_PARTIAL = re.compile(r"(?:(\d{1,16})(?:\.(\d{1,16}|[xX*]))?(?:\.(\d{1,16}|[xX*]))?|[xX*])")
_TERM = re.compile(r"\s*(!=|==|>=|<=|=|!|>|<)?\s*(\S+)")
MAX_TERMS = 100


class Version(NamedTuple):
    """Comparable: a release comes after its pre-releases."""

    numbers: tuple[int, int, int]
    release: bool
    labels: tuple[tuple[bool, int, str], ...]


def parse(text: str) -> Version:
    """A version with all three numbers; raises `Malformed`."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise Malformed(f"{text!r:.80} is no semantic version")
    labels = tuple(
        (False, int(part), "") if part.isdigit() else (True, 0, part) for part in (match[4] or "").split(".") if part
    )
    return Version((int(match[1]), int(match[2]), int(match[3])), not match[4], labels)


def is_version(text: str) -> bool:
    """Whether `parse` reads it."""
    return _VERSION.fullmatch(text) is not None


def satisfies(version: str, wanted: str) -> bool:
    """Whether `version` lies in the range `wanted`; raises `Malformed`."""
    found = parse(version)
    return any(all(_holds(found, *term) for term in terms) for terms in _range(wanted))


@lru_cache(512)
def _range(text: str) -> tuple[tuple[tuple[str, Version], ...], ...]:
    if len(text) > 1000:
        raise Malformed("a version range is too long")
    return tuple(tuple(term for found in _TERM.finditer(part) for term in _terms(*found.groups())) or _nothing(part)
                 for part in text.split("||"))  # fmt: skip


def _nothing(part: str) -> tuple[tuple[str, Version], ...]:
    raise Malformed(f"{part!r:.80} is no range of versions")


def _terms(operator: str | None, text: str) -> list[tuple[str, Version]]:
    sign = {None: "=", "==": "=", "!=": "!"}.get(operator, operator) or "="
    if is_version(text):
        return [(sign, parse(text))]
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise Malformed(f"{text!r:.80} is no version")
    given = [int(part) for part in match.groups() if part and part.isdigit()]
    low = Version(((*given, 0, 0, 0)[0], (*given, 0, 0, 0)[1], (*given, 0, 0, 0)[2]), True, ())
    if not given:
        return [(">=", low)]
    high = _next(given)
    match sign:
        case "=":
            return [(">=", low), ("<", high)]
        case ">":
            return [(">=", high)]
        case "<=":
            return [("<", high)]
        case "!":
            raise Malformed(f"!{text} is no single version")
    return [(sign, low)]


def _next(given: list[int]) -> Version:
    numbers = [*given[:-1], given[-1] + 1, 0, 0]
    return Version((numbers[0], numbers[1], numbers[2]), True, ())


def _holds(version: Version, sign: str, other: Version) -> bool:
    match sign:
        case "=":
            return version == other
        case "!":
            return version != other
        case ">":
            return version > other
        case ">=":
            return version >= other
        case "<":
            return version < other
    return version <= other
