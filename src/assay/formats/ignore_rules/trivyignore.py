"""``.trivyignore``: an id a line, ``exp:YYYY-MM-DD`` behind it, comments with ``#``.

::

    # accepted until the next release
    CVE-2022-40897 exp:2026-01-01
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats.ignore_rules.assay_toml import day
from assay.model.ignore_rule import IgnoreRule

MAX_LINES = 100_000


def read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules; the comment above an id is its reason."""
    rules, problems = [], []
    reason = ""
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines()[:MAX_LINES], 1):
        text, _, comment = line.partition("#")
        words = text.split()
        if not words:
            reason = comment.strip()
            continue
        try:
            ends = next((day(word[4:]) for word in words[1:] if word.startswith("exp:")), "")
        except Malformed as error:
            problems.append(f"{origin}: line {number}: {error.what}")
            continue
        rules.append(
            IgnoreRule(
                ids=(words[0],), reason=comment.strip() or reason, expires=ends, origin=f"{origin}: line {number}"
            )
        )
    return rules, problems
