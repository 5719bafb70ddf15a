"""Haskell's versions (the PVP): numbers parted by dots; fewer numbers are below more, tags do not count."""

from __future__ import annotations

import re

from assay.formats import semver_range
from assay.formats.sort_key import MAX_LENGTH, number
from assay.model.version import Interval

SCHEME = "hackage"
REVISION = 1

_HEAD = re.compile(r"\s*(\d+(?:\.\d+)*)", re.ASCII)


def key(version: str) -> bytes:
    """The sort key: ``02 number`` each, ``01``."""
    match = _HEAD.match(version[:MAX_LENGTH])
    return b"".join([b"\x02" + number(part) for part in match[1].split(".")] if match else []) + b"\x01"


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Cabal's ranges: ``>= 1.2 && < 2 || == 3.*``, ``^>= 1.2.3`` (up to the next major version, of two numbers)."""
    text = re.sub(r"\^>=\s*(\d+)(?:\.(\d+))?([\d.]*)", _caret, requirement)
    return semver_range.intervals(text.replace("-any", "*"), semver_range.Dialect(key, hyphens=False, before=""))


def _caret(match: re.Match[str]) -> str:
    low = match[0].removeprefix("^>=").strip()
    return f">={low} && <{match[1]}.{int(match[2] or 0) + 1}"
