"""Hex's versions: semantic versions; `~>` lets the last number that is written grow."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "hex"
REVISION = 2

key = semver.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``~> 1.2``, ``>= 1.0.0 and < 2.0.0 or == 3.0.0``."""
    return semver_range.intervals(requirement)
