"""Conan's versions: semantic-like, of any number of parts."""

from __future__ import annotations

from assay.formats import generic_version, semver_range
from assay.model.version import Interval

SCHEME = "conan"
REVISION = 1

key = generic_version.key


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``[>=1.2 <2]``, ``[^1.2]``, ``[~1.2.3]``."""
    return semver_range.intervals(requirement.strip("[] "), semver_range.Dialect(key))
