"""Go's versions: semantic versions with a ``v``, pseudo-versions, and the toolchain's own (``go1.21rc2``).

A pseudo-version (``v1.2.4-0.20240101120000-abcdef123456``) is a pre-release of the next version, so the order of
semantic versions is right for it; ``+incompatible`` is build metadata.
"""

from __future__ import annotations

import re

from assay.formats import semver, semver_range
from assay.model.version import Interval

SCHEME = "semver"
REVISION = 2

_TOOLCHAIN = re.compile(r"(?:go)?(\d+(?:\.\d+)*)(rc|beta|alpha)(\d+)", re.ASCII)


def key(version: str) -> bytes:
    """The sort key."""
    version = version.strip().removeprefix("go")
    match = _TOOLCHAIN.match(version)
    return semver.key(f"{match[1]}-{match[2]}.{match[3]}" if match else version)


def intervals(requirement: str) -> tuple[Interval, ...]:
    """Relations as advisories write them: ``>= 1.2.0, < 1.4.1``."""
    return semver_range.intervals(requirement, semver_range.Dialect(key))
