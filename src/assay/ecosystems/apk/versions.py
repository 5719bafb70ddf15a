"""Alpine's version order (apk-tools, version.c): ``1.2.3a_rc1_p2~HASH-r4``.

Number, further numbers, one letter, suffixes with a number, a commit hash, the revision. Where two versions part, the
one that goes on with the earlier kind is greater; a suffix before the release (alpha, beta, pre, rc) is less than the
end. Numbers with a leading zero compare as text. What breaks the form ends the comparison, just below the end; only
what follows a stray dot still counts, as text.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "alpine"
REVISION = 1

_FIRST = re.compile(r"\d+", re.ASCII)
_NEXT = re.compile(r"\.(\d+)|([a-z]\d*)|_([a-z]+)(\d*)|~([0-9a-f]+)|-r(\d+)", re.ASCII)
_BEFORE = {name: rank for rank, name in enumerate(("alpha", "beta", "pre", "rc"))}
_AFTER = {name: rank for rank, name in enumerate(("cvs", "svn", "git", "hg", "p"))}
_PRE, _INVALID, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST, _LETTER, _DIGITS = (bytes((n,)) for n in range(1, 10))
_RANKS = {1: 0, 2: 1, 3: 2, 5: 3, 6: 4}
"""Which group of `_NEXT` may follow which: numbers, letter, suffixes (repeated), hash, revision."""


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip()
    match = _FIRST.match(version)
    parts = [_DIGITS + number(match[0])] if match else []
    if match is None and version.startswith("."):
        return _INVALID + text(version)
    position, stage = match.end() if match else 0, 0
    while position < len(version):
        match = _NEXT.match(version, position)
        group = next((item for item in _RANKS if match is not None and match[item] is not None), 0)
        encoded = _token(match, group) if match is not None else b""
        if not encoded or _RANKS[group] < stage or (stage == _RANKS[group] and group in (2, 5, 6)):
            rest = version[position:]
            return b"".join(parts) + _INVALID + (text(rest) if rest.startswith(".") else b"")
        assert match is not None
        parts.append(encoded)
        stage, position = _RANKS[group], match.end()
    return b"".join(parts) + _END


def _token(match: re.Match[str], group: int) -> bytes:
    """The encoded token, empty for a suffix that nobody knows."""
    value = match[group]
    match group:
        case 1:
            return _DIGITS + (b"\x01" + text(value) if value[0] == "0" else b"\x02" + number(value))
        case 2:
            return _LETTER + value[0].encode() + (_SUFFIX_NUMBER + number(value[1:]) if value[1:] else b"")
        case 3:
            tail = _SUFFIX_NUMBER + number(match[4]) if match[4] else b""
            if value in _BEFORE:
                return _PRE + bytes((_BEFORE[value],)) + tail
            return _POST + bytes((_AFTER[value],)) + tail if value in _AFTER else b""
        case 5:
            return _HASH + text(value)
        case _:
            return _REVISION + number(value)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as apk writes them: ``>=1.2-r0``, ``<2``."""
    return relation.intervals(requirement, key)
