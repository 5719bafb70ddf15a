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
        low, low_included, high, high_included = self
        if not high:
            return f"{'>=' if low_included else '>'} {low}" if low else "all versions"
        end = f"{'<=' if high_included else '<'} {high}"
        if not low:
            return end
        if low == high and low_included and high_included:
            return f"= {low}"
        return f"{'>=' if low_included else '>'} {low}, {end}"


class Order(NamedTuple):
    """The version order of an ecosystem, loaded.

    `scheme` names it in the store and in explanations (``debian``, ``semver`` ...); `revision` grows with every change
    of what `key` gives, so that stored keys of an elder one are not compared with new ones.

    `last` is the greatest key that still counts as a version where a range ends with it: ``<= 2.6.0`` of Python holds
    2.6.0+cu124, and of Bitnami 2.6.0-3. `installed` is the key of what a package manager or an SBOM calls the version
    of a package, which may tell more: ``1.18.3-x86_64-linux`` of a gem. Both are `key` where an ecosystem says nothing.
    """

    scheme: str
    revision: int
    key: Callable[[str], bytes]
    intervals: Callable[[str], tuple[Interval, ...]]
    last: Callable[[str], bytes]
    installed: Callable[[str], bytes]
