"""Semantic versions (semver.org 2.0.0, section 11), with what the world writes: a ``v``, short and long forms.

::

    1.2.3-rc.1+build     numbers, pre-release identifiers, build metadata (which does not count)
    v1.2  =  1.2.0       missing numbers are zero; a fourth one counts
    1.2.3.Final          what follows the numbers without a dash is a pre-release too

Key: the numbers (each ``02 number``, without zeros at the end) ``01``, then ``02`` for a release or ``01`` and the
identifiers (``02 number`` below ``03 text``) ``01``.
"""

from __future__ import annotations

import re

from assay.formats.sort_key import MAX_LENGTH, number, text

_NUMBERS = re.compile(r"[vV=]*\s*(\d+(?:\.\d+)*)")
_SOME, _END, _RELEASE, _PRE, _NUMERIC, _ALPHA = b"\x02", b"\x01", b"\x02", b"\x01", b"\x02", b"\x03"


def key(version: str) -> bytes:
    """The sort key."""
    return split_key(version)[0]


def split_key(version: str) -> tuple[bytes, str]:
    """The sort key without build metadata, and the metadata."""
    version, _, build = version[:MAX_LENGTH].strip().partition("+")
    match = _NUMBERS.match(version)
    numbers = match[1] if match else ""
    rest = version[match.end() :] if match else version.lstrip("vV=")
    return _numbers(numbers) + (_pre(rest) if rest.strip("-.") or "-" in rest else _RELEASE), build


def _numbers(digits: str) -> bytes:
    parts = [number(part) for part in digits.split(".")] if digits else []
    while parts and parts[-1] == b"\0":
        parts.pop()
    return b"".join([_SOME + part for part in parts]) + _END


def _pre(rest: str) -> bytes:
    return _PRE + identifiers(rest.lstrip("-.")) + _END


def identifiers(dotted: str) -> bytes:
    """Dot-separated identifiers: numeric ones are below the others, and compare as numbers."""
    return b"".join(
        [
            _NUMERIC + number(part) if part.isascii() and part.isdigit() else _ALPHA + text(part)
            for part in dotted.split(".")
        ]
    )
