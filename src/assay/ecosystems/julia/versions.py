"""Julia's versions (``VersionNumber``): semantic versions whose build numbers count, as ``3.0.15+1`` of a JLL does.

``1.0-`` is below all of 1.0, ``1.0rc1`` a pre-release, ``1.0 < 1.0+0 < 1.0+1 < 1.0+``. Key: that of the semantic
version, then ``00`` without a build, ``01`` and its identifiers, or ``02`` for the bare plus.
"""

from __future__ import annotations

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "julia"
REVISION = 2


def key(version: str) -> bytes:
    """The sort key."""
    plain, build = semver.split_key(version)
    if build:
        return plain + b"\x01" + semver.identifiers(build) + b"\x01"
    return plain + (b"\x02" if version.rstrip().endswith("+") else b"\x00")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``< 1.10.17``, ``>= 1.2.0, < 1.3.0``, ``1.2 - 1.3``, ``=1.2.3``; a bare version is a caret."""
    return semver_range.intervals(requirement, semver_range.Dialect(key, bare="^"))
