"""NuGet's versions: semantic versions with a fourth number, whatever the case of identifiers.

An identifier of digits is a number only up to 2147483647 (NuGet.Versioning, ``VersionComparer.CompareRelease``): longer
ones, as the times of nightly builds are, compare as text and are above numbers.
"""

from __future__ import annotations

from assay.formats import bracket_range, semver, semver_range
from assay.model.version import Interval

SCHEME = "nuget"
REVISION = 2

_LARGEST = 2**31 - 1


def key(version: str) -> bytes:
    """The sort key."""
    return semver.split_key(version.lower(), _is_number)[0]


def _is_number(identifier: str) -> bool:
    return semver.is_number(identifier) and int(identifier) <= _LARGEST


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``[1.0,2.0)``, ``1.*``; a bare version is that version or a later one."""
    if bracket_range.has_brackets(requirement):
        return bracket_range.intervals(requirement.strip())
    return semver_range.intervals(requirement, semver_range.Dialect(key, ">="))
