"""NuGet's versions: semantic versions with a fourth number, whatever the case of identifiers."""

from __future__ import annotations

from assay.formats import bracket_range, semver, semver_range
from assay.model.version import Interval

SCHEME = "nuget"
REVISION = 1


def key(version: str) -> bytes:
    """The sort key."""
    return semver.key(version.lower())


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``[1.0,2.0)``, ``1.*``; a bare version is that version or a later one."""
    if bracket_range.has_brackets(requirement):
        return bracket_range.intervals(requirement.strip())
    return semver_range.intervals(requirement, semver_range.Dialect(key, ">="))
