"""Cargo's versions: semantic versions; a bare requirement is a caret."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "semver"
REVISION = 2

key = semver.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``1.2`` (as ``^1.2``), ``~1.2.3``, ``>=1, <2``, ``1.*``."""
    return semver_range.intervals(requirement, semver_range.Dialect(bare="^", hyphens=False, partial=True))
