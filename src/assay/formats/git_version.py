"""Commits and tags of a Git repository: what lies between two of them only the repository knows.

So keys are for equality alone: ``01 commit`` or ``02 tag``, without the ``v`` of a tag.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats.sort_key import MAX_LENGTH
from assay.model.version import Interval

ECOSYSTEM = "GIT"
"""The name that advisories (OSV) have for it; packages are repositories."""
SCHEME = "git"
REVISION = 1

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)


def is_commit(version: str) -> bool:
    """Whether it is the full name of a commit, which no ecosystem's versions look like."""
    return _COMMIT.fullmatch(version) is not None


def key(version: str) -> bytes:
    """The key of a commit or tag."""
    text = version.strip()[:MAX_LENGTH]
    if is_commit(text):
        return b"\x01" + bytes.fromhex(text)
    return b"\x02" + re.sub(r"\Av(?=\d)", "", text).encode("utf-8", "surrogateescape")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """There are none: raises `Malformed`."""
    raise Malformed(f"{requirement[:100]!r}: commits and tags have no ranges")


def repository(url: str) -> str:
    """The name of a repository: its URL without scheme, user and ``.git``, in lower case."""
    return url.partition("://")[2].rpartition("@")[2].removesuffix("/").removesuffix(".git").lower() or url
