"""Composer's version order: PHP's version_compare, which is what composer/semver compares with.

Numbers and words in turn, parted by ``.``, ``-``, ``_``, ``+`` or where they meet::

    any other word < dev < alpha = a < beta = b < RC = rc < (the end of the other) < number < pl = p

The case of words counts. Nothing between two dots, or behind the last one, is a word that nobody knows. Key:
``01 rank`` for words, ``02`` the end, ``03`` a number, ``04`` patch levels.
"""

from __future__ import annotations

import re

from assay.formats import semver_range
from assay.formats.sort_key import MAX_LENGTH, number
from assay.model.version import Interval

SCHEME = "packagist"
REVISION = 2

_RANKS = (("dev", 1), ("alpha", 2), ("a", 2), ("beta", 3), ("b", 3), ("RC", 4), ("rc", 4))
_DIGITS, _SEPARATORS = frozenset("0123456789"), frozenset(".-_+")
_UNKNOWN, _END, _PATCH = b"\x01\x00", b"\x02", b"\x04"


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip().removeprefix("v")
    parts = _canonical(version).split(".") if version else []
    return b"".join([b"\x03" + number(part) if part[:1] in _DIGITS else _word(part) for part in parts]) + _END


def _canonical(version: str) -> str:
    """PHP's own form (versioning.c): a dot for each run of separators, and where digits meet anything else."""
    result = before = version[0]
    for letter in version[1:]:
        meeting = (letter in _DIGITS) != (before in _DIGITS) and letter not in _SEPARATORS and before != "."
        separator = letter in _SEPARATORS or not (letter.isascii() and letter.isalnum())
        if (meeting or separator) and not result.endswith("."):
            result += "."
        if meeting or not separator:
            result += letter
        before = letter
    return result


def _word(word: str) -> bytes:
    """PHP looks only at how a word begins: ``post`` is a patch level like ``p``, ``build`` a beta like ``b``."""
    for name, rank in _RANKS:
        if word.startswith(name):
            return bytes((1, rank))
    return _PATCH if word.startswith("p") else _UNKNOWN


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Constraints: ``>=1.0,<2.0|^3.1``, ``~1.2``, ``1.2.*``, ``1.0 - 2.0``."""
    text_ = re.sub(r"@(?:dev|alpha|beta|rc|stable)\b", "", requirement, flags=re.IGNORECASE)
    return semver_range.intervals(_tilde(text_), semver_range.Dialect(key, before="-dev"))


def _tilde(requirement: str) -> str:
    """Composer's tilde lets the last number that is written grow: it is Ruby's ``~>``."""
    return re.sub(r"~(?!>)", "~>", requirement)
