"""Version intervals: what advisories, requirements and ranges come down to in every ecosystem.

The order of versions is each ecosystem's own: its folder holds ``versions.py`` with ``key(version) -> bytes``, whose
byte order is the version order, and ``intervals(requirement) -> tuple[Interval, ...]`` for its range language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Interval(NamedTuple):
    """The versions from `low` to `high`; an empty bound is none.

    ``Interval("1.0", True, "2.0", False)`` is ``>= 1.0, < 2.0``; ``Interval()`` is every version.
    """

    low: str = ""
    low_included: bool = True
    high: str = ""
    high_included: bool = False

    def __str__(self) -> str:
        if self.low and self.low == self.high and self.low_included and self.high_included:
            return f"= {self.low}"
        low = f">{'=' if self.low_included else ''} {self.low}" if self.low else ""
        high = f"<{'=' if self.high_included else ''} {self.high}" if self.high else ""
        return ", ".join(filter(None, (low, high))) or "all versions"


class Order(NamedTuple):
    """The version order of an ecosystem, loaded.

    `scheme` names it in the store and in explanations (``debian``, ``semver`` ...); `revision` grows with every change
    of what `key` gives, so that stored keys of an elder one are not compared with new ones.
    """

    scheme: str
    revision: int
    key: Callable[[str], bytes]
    intervals: Callable[[str], tuple[Interval, ...]]
