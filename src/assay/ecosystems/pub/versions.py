"""Dart's versions: semantic versions, but build metadata counts, after the release that it belongs to."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "pub"
REVISION = 2


def key(version: str) -> bytes:
    """The sort key: that of the semantic version, then ``00``, or ``01`` and the build's identifiers."""
    plain, build = semver.split_key(version)
    return plain + (b"\x01" + semver.identifiers(build) + b"\x01" if build else b"\x00")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``^1.2.3``, ``>=1.2.3 <2.0.0``, ``any``."""
    return semver_range.intervals("*" if requirement.strip() == "any" else requirement, semver_range.Dialect(key))
