"""Versions of which nobody knows the rules: numbers and words in turn, as people would order them.

Words that announce a release (alpha, beta, pre, rc, dev, snapshot) are before it, everything else after it:
``1.0-rc1 < 1.0 < 1.0.1``, ``1.0.2k < 1.0.2zc`` (OpenSSL). Key: ``02 text`` for such a word, ``03`` the end,
``04 text`` any other word, ``05 number``.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

REVISION = 1

_PART = re.compile(r"(\d+)|([^\W\d_]+)", re.ASCII)
_BEFORE = {"dev": "a", "snapshot": "a", "alpha": "b", "a": "b", "beta": "c", "b": "c", "pre": "d", "preview": "d"} | {
    "rc": "e",
    "c": "e",
    "cr": "e",
}
_END = b"\x03"


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip().partition("+")[0].lower()
    found = _PART.findall(version.removeprefix("v"))
    parts: list[bytes] = []
    for position, (digits, word) in enumerate(found):
        if digits:
            parts.append(b"\x05" + number(digits))
            continue
        _without_zeros(parts)
        if word in _BEFORE and (len(word) > 1 or _stands_before_number(found, position)):
            parts.append(b"\x02" + text(_BEFORE[word]))
        else:
            parts.append(b"\x04" + text(word))
    _without_zeros(parts)
    return b"".join(parts) + _END


def _without_zeros(parts: list[bytes]) -> None:
    """Zeros before a word and at the end say nothing: ``1.0-rc1`` is before ``1``."""
    while parts and parts[-1] == b"\x05\0":
        parts.pop()


def _stands_before_number(found: list[tuple[str, str]], position: int) -> bool:
    """``1.0b2`` is a beta, the ``b`` of ``1.0.2b`` is a patch level."""
    return position + 1 < len(found) and bool(found[position + 1][0])


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations: ``>= 1.2, < 2``."""
    return relation.intervals(requirement, key)
