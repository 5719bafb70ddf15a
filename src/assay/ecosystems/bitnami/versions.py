"""Bitnami's versions: semantic versions; a number after the dash is Bitnami's own revision, later than the release.

``1.2.3 < 1.2.3-1 < 1.2.3-2``, but ``1.2.3-rc1 < 1.2.3``: Bitnami's own go-version takes ``-rc1`` for a revision, too,
but its advisories write upstream's pre-releases so. They also begin at ``1.26.0-0`` where all of 1.26.0 is meant, so
revision 0 is none. Key: that of the version, then the revision's number.
"""

from __future__ import annotations

import re

from assay.formats import semver, semver_range
from assay.formats.sort_key import number
from assay.model.version import Interval

SCHEME = "bitnami"
REVISION = 3

_REVISION = re.compile(r"(.*\d)-(\d+)", re.ASCII)


def key(version: str) -> bytes:
    """The sort key."""
    match = _REVISION.fullmatch(version.strip()[:1000])
    return semver.key(match[1]) + number(match[2]) if match else semver.key(version) + number("")


def last(version: str) -> bytes:
    """The key up to which all is this version: without a revision of its own it is all revisions of it."""
    match = _REVISION.fullmatch(version.strip()[:1000])
    if match and match[2].strip("0"):
        return key(version)
    return semver.key(match[1] if match else version) + b"\xff"


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations: ``>= 1.2.0, < 1.4.1``."""
    return semver_range.intervals(requirement, semver_range.Dialect(key))
