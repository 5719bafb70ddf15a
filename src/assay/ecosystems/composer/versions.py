"""Composer's version order: PHP's version_compare on what composer/semver makes of a version.

Numbers and words in turn, parted by ``.``, ``-``, ``_``, ``+`` or where they meet::

    any other word < dev < alpha = a < beta = b < RC = rc < (the end of the other) < number < pl = p

The case of words counts. Key: ``01 rank`` for words, ``02`` the end, ``03`` a number, ``04`` patch levels.
"""

from __future__ import annotations

import re

from assay.formats import semver_range
from assay.formats.sort_key import MAX_LENGTH, number
from assay.model.version import Interval

SCHEME = "packagist"
REVISION = 1

_PART = re.compile(r"(\d+)|([A-Za-z#]+)", re.ASCII)
_RANKS = (("dev", 1), ("alpha", 2), ("a", 2), ("beta", 3), ("b", 3), ("RC", 4), ("rc", 4))
_UNKNOWN, _END, _PATCH = b"\x01\x00", b"\x02", b"\x04"


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].strip().removeprefix("v")
    return (
        b"".join([_word(word) if word else b"\x03" + number(digits) for digits, word in _PART.findall(version)]) + _END
    )


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
