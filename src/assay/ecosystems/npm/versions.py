"""npm's versions: semantic versions, and node-semver's ranges."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "semver"
REVISION = 2

key = semver.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``^1.2.3``, ``~1.2``, ``1.x``, ``>=1 <2 || 3.0.0 - 3.4``."""
    return semver_range.intervals(requirement, semver_range.Dialect(partial=True))
