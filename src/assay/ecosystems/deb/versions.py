"""Debian's version order (deb-version(7)): ``[epoch:]upstream[-revision]``.

Upstream and revision are non-digits and digits in turn. Non-digits compare by character: ``~`` below the end, the end
below letters, letters below everything else. A missing revision is an empty one, which equals ``0``.
"""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number
from assay.model.version import Interval

SCHEME = "debian"
REVISION = 2

_PAIR = re.compile(r"(\D*)(\d*)", re.ASCII)
_END = b"\x02\x00"
_ORDER = {chr(code): bytes((code + 128,)) for code in range(1, 128)}
_ORDER |= {letter: letter.encode() for letter in map(chr, range(65, 123)) if letter.isalpha()}
_ORDER["~"] = b"\x01"


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip()
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isascii() or not epoch.isdigit():
        epoch, rest = "", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return number(epoch) + _part(upstream) + _part(revision)


def _part(characters: str) -> bytes:
    result = []
    for word, digits in _PAIR.findall(characters):
        if word or digits:
            result.append(_word(word) + b"\x02" + number(digits))
    # The first pair always stays: only it may lack a word, and without it an end could not be told from a leading zero.
    while len(result) > 1 and result[-1] == _END:
        result.pop()
    return b"".join(result or [_END]) + _END


def _word(word: str) -> bytes:
    if not word or word == ".":
        return b"\xae" if word else b""
    return b"".join([_ORDER.get(letter) or b"\xff" + letter.encode("utf-8", "replace") for letter in word])


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as in control files: ``(>= 1.2), (<< 2)``, with or without parentheses."""
    return relation.intervals(requirement.replace("(", "").replace(")", ""), key)
