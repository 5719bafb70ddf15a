"""Semantic versions (semver.org 2.0.0, section 11), with what the world writes: a ``v``, short and long forms.

::

    1.2.3-rc.1+build     numbers, pre-release identifiers, build metadata (which does not count)
    v1.2  =  1.2.0       missing numbers are zero; a fourth one counts
    1.2.3.Final          what follows the numbers without a dash is a pre-release too

Key: the numbers (each ``02 number``, without zeros at the end) ``01``, then ``02`` for a release or ``01`` and the
identifiers (``02 number`` below ``03 text``) ``01``. A dash with nothing behind it is below every pre-release.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.formats.sort_key import MAX_LENGTH, number, text

_NUMBERS = re.compile(r"[vV=]*\s*(\d+(?:\.\d+)*)")
_SOME, _END, _RELEASE, _PRE, _NUMERIC, _ALPHA = b"\x02", b"\x01", b"\x02", b"\x01", b"\x02", b"\x03"


def is_number(identifier: str) -> bool:
    """Whether an identifier compares as a number."""
    return identifier.isascii() and identifier.isdigit()


def key(version: str) -> bytes:
    """The sort key."""
    return split_key(version)[0]


def split_key(version: str, numeric: Callable[[str], bool] = is_number) -> tuple[bytes, str]:
    """The sort key without build metadata, and the metadata; `numeric` says which identifiers are numbers."""
    version, _, build = version[:MAX_LENGTH].strip().partition("+")
    match = _NUMBERS.match(version)
    numbers = match[1] if match else ""
    rest = version[match.end() :] if match else version.lstrip("vV=")
    return _numbers(numbers) + (_pre(rest, numeric) if rest.strip("-.") or "-" in rest else _RELEASE), build


def _numbers(digits: str) -> bytes:
    parts = [number(part) for part in digits.split(".")] if digits else []
    while parts and parts[-1] == b"\0":
        parts.pop()
    return b"".join([_SOME + part for part in parts]) + _END


def _pre(rest: str, numeric: Callable[[str], bool]) -> bytes:
    """One dash parts the pre-release, a second one belongs to it (section 9): ``1.0.0--1`` has identifier ``-1``."""
    dotted = rest[1:] if rest[0] == "-" else rest.lstrip(".")
    return _PRE + (identifiers(dotted, numeric) if dotted else b"") + _END


def identifiers(dotted: str, numeric: Callable[[str], bool] = is_number) -> bytes:
    """Dot-separated identifiers: numeric ones are below the others, and compare as numbers."""
    return b"".join([_NUMERIC + number(part) if numeric(part) else _ALPHA + text(part) for part in dotted.split(".")])
