"""Julia's versions: semantic versions; a bare requirement is a caret."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "julia"
REVISION = 1

key = semver.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``< 1.10.17``, ``>= 1.2.0, < 1.3.0``, ``1.2 - 1.3``, ``=1.2.3``; a bare version is a caret."""
    return semver_range.intervals(requirement, semver_range.Dialect(bare="^"))
