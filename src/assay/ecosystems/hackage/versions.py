"""Haskell's versions (the PVP): numbers parted by dots; fewer numbers are below more, tags do not count.

Cabal reads ``1.2-foo-bar`` as 1.2 with a warning, and refuses numbers with leading zeros or of more than nine digits
(Distribution.Types.Version): these compare as the numbers that they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assay.errors import Malformed
from assay.formats import relation, semver_range
from assay.formats.sort_key import MAX_LENGTH, number
from assay.formats.version_set import complement
from assay.model.version import Interval

SCHEME = "hackage"
REVISION = 1

_HEAD = re.compile(r"\s*(\d+(?:\.\d+)*)", re.ASCII)
_SET = re.compile(r"(==|\^>=)\s*\{([^{}()|]*)\}")
_CARET = re.compile(r"\^>=\s*(\d+)(?:\.(\d+))?[\w.-]*", re.ASCII)
_NAMED = re.compile(r"(?<![\w.])-(any|none)\b")
_WORD = re.compile(r"[()]|\|\|?|\bor\b|(?:(?!\bor\b)[^()|])+")
_EITHER = frozenset(("|", "||", "or"))
_MAX_GROUPS = 100


def key(version: str) -> bytes:
    """The sort key: ``02 number`` each, ``01``."""
    match = _HEAD.match(version[:MAX_LENGTH])
    return b"".join([b"\x02" + number(part) for part in match[1].split(".")] if match else []) + b"\x01"


_DIALECT = semver_range.Dialect(key, hyphens=False, before="")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Cabal's ranges (Distribution.Types.VersionRange); raises `Malformed` for what is none.

    ::

        >= 1.2 && < 2 || == 3.*     (>= 1 || == 0.9) && < 2     -any     -none
        ^>= 1.2.3                   up to the next major version, which is of two numbers: < 1.3
        == { 1.2, 1.3 }             one of these; ^>= { 1.2, 1.4.1 } likewise
    """
    if len(requirement) > relation.MAX_LENGTH or requirement.count("(") > _MAX_GROUPS:
        raise Malformed(f"a requirement of {len(requirement)} characters")
    text = _CARET.sub(_caret, _SET.sub(_one_of, requirement))
    text = _NAMED.sub(lambda match: "*" if match[1] == "any" else "<0", text)
    if "(" not in text and ")" not in text:
        return semver_range.intervals(text, _DIALECT)
    words = [word.strip() for word in reversed(_WORD.findall(text)) if word.strip()]
    found = _either(words)
    if words:
        raise Malformed(f"{requirement[:100]!r} closes a parenthesis that it does not open")
    return tuple(found)


def _one_of(match: re.Match[str]) -> str:
    return f"({'||'.join(match[1] + version for version in match[2].split(','))})"


def _caret(match: re.Match[str]) -> str:
    if len(match[2] or "") > MAX_LENGTH:
        raise Malformed(f"a version with a number of {len(match[2])} digits")
    low = match[0].removeprefix("^>=").strip()
    return f">={low} && <{match[1]}.{int(match[2] or 0) + 1}"


def _either(words: list[str]) -> list[Interval]:
    """Takes alternatives off the end of `words`, which is in reverse."""
    found = _both(words)
    while words and words[-1] in _EITHER:
        words.pop()
        found += _both(words)
    return found


def _both(words: list[str]) -> list[Interval]:
    found: list[Interval] | None = None
    while words and words[-1] != ")" and words[-1] not in _EITHER:
        part = _group(words) if words[-1] == "(" else _relations(words.pop())
        found = part if found is None else _common(found, part)
    if found is None:
        raise Malformed("an alternative of a version range is empty")
    return found


def _group(words: list[str]) -> list[Interval]:
    words.pop()
    found = _either(words)
    if not words:
        raise Malformed("a parenthesis of a version range is not closed")
    words.pop()
    return found


def _relations(text: str) -> list[Interval]:
    """``&& >= 1 && < 2 &&``: what stands between parentheses and bars."""
    return list(semver_range.intervals(text.removeprefix("&&").removesuffix("&&").strip(" ,"), _DIALECT))


def _common(one: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    return list(complement([*complement(one, key), *complement(other, key)], key))
