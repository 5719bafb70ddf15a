"""Swift's versions as SwiftPM orders them (PackageDescription.Version): semantic versions, with a ``v`` in tags.

``v1.2`` is 1.2.0, as SwiftPM reads tags. An identifier of a pre-release is a number where Swift's ``Int`` holds it: so
``-1`` is one, below 0, and more than 2**63 - 1 is none; by semver.org both are the other way round. Key: the numbers as
in `assay.formats.semver`, ``01``, then each identifier (``02`` and the complement of a number below zero, ``03
number``, ``04 text``), ``01``.
"""

from __future__ import annotations

import re

from assay.formats import semver, semver_range
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "swift"
REVISION = 3

_CORE = re.compile(r"[vV]?\d+(?:\.\d+)*", re.ASCII)
_INT = re.compile(r"-?\d{1,40}", re.ASCII)
_PRE, _END, _NEGATIVE, _NUMERIC, _ALPHA = b"\x01", b"\x01", b"\x02", b"\x03", b"\x04"
_LIMIT = 2**63


def key(version: str) -> bytes:
    """The sort key."""
    core, dash, rest = version[:MAX_LENGTH].strip().partition("+")[0].partition("-")
    if not dash or not _CORE.fullmatch(core):
        return semver.key(version)
    released = semver.key(core)
    return released[:-1] + _PRE + b"".join([_identifier(part) for part in rest.split(".")]) + _END


def _identifier(part: str) -> bytes:
    value = int(part) if _INT.fullmatch(part) else None
    if value is None or not -_LIMIT <= value < _LIMIT:
        return _ALPHA + text(part)
    if value < 0:
        return _NEGATIVE + bytes(255 - byte for byte in number(str(-value)))
    return _NUMERIC + number(str(value))


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``1.0.0..<2.0.0`` and ``1.0.0...1.9.9`` as Package.swift writes them; relations."""
    for mark, included in (("..<", False), ("...", True)):
        low, found, high = requirement.partition(mark)
        if found:
            return (Interval(low.strip(), True, high.strip(), included and bool(high.strip())),)
    return semver_range.intervals(requirement, semver_range.Dialect(key))
