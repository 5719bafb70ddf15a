"""Swift's versions: semantic versions."""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "swift"
REVISION = 2

key = semver.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``1.0.0..<2.0.0`` and ``1.0.0...1.9.9`` as Package.swift writes them; relations."""
    for mark, included in (("..<", False), ("...", True)):
        low, found, high = requirement.partition(mark)
        if found:
            return (Interval(low.strip(), True, high.strip(), included and bool(high.strip())),)
    return semver_range.intervals(requirement)
