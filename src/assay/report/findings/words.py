"""What all reports say in the same words: names, counts, coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from assay.model.advisory import FixState, Kind, Level
from assay.model.component import Component
from assay.model.finding import Cause, Coverage, Finding, Scan

LEVELS = (Level.CRITICAL, Level.HIGH, Level.MEDIUM, Level.LOW, Level.NEGLIGIBLE, Level.NONE, Level.UNKNOWN)
_CAUSES = {Cause.VEX: "by VEX", Cause.IGNORE_RULE: "by ignore rules", Cause.OWNER: "answered by the distribution"}
_STATES = {
    FixState.FIXED: "",
    FixState.NOT_FIXED: "not fixed",
    FixState.WONT_FIX: "won't fix",
    FixState.DEFERRED: "deferred",
    FixState.END_OF_LIFE: "end of life",
    FixState.UNDER_INVESTIGATION: "under investigation",
    FixState.NOT_AFFECTED: "not affected",
    FixState.UNKNOWN: "",
}


def package(component: Component) -> str:
    """The name with its namespace, as its world writes it."""
    if not component.namespace or component.world in ("deb", "apk", "rpm", "alpm"):
        return component.name
    return f"{component.namespace}{':' if component.world == 'maven' else '/'}{component.name}"


def place(component: Component) -> str:
    """Where the component was seen first."""
    return component.occurrences[0].path if component.occurrences else ""


def fix(item: Finding) -> str:
    """The versions with the fix, or what the source says instead."""
    return ", ".join(item.fixed) or _STATES[item.state]


def marks(item: Finding) -> tuple[str, ...]:
    """What makes a finding urgent, in words."""
    found = item.vulnerability
    result = []
    if found.kind is Kind.MALICIOUS:
        result.append("malicious")
    if found.kind is Kind.UNMAINTAINED:
        result.append("unmaintained")
    if found.exploited is not None:
        result.append("exploited" + (", ransomware" if found.exploited.ransomware else ""))
    if item.analysis is not None:
        result.append(f"VEX {item.analysis.status.replace('_', ' ')}")
    return tuple(result)


def by_level(findings: Iterable[Finding]) -> dict[Level, int]:
    """How many of each level, gravest first; levels without findings are left out."""
    counts = Counter(item.vulnerability.level for item in findings)
    return {level: counts[level] for level in LEVELS if counts[level]}


def counted(number: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def summary(scan: Scan) -> str:
    """One sentence: how many findings of which level, and how many do not count."""
    text = counted(len(scan.findings), "finding")
    levels = ", ".join(f"{count} {level}" for level, count in by_level(scan.findings).items())
    if levels:
        text += f": {levels}"
    hidden = Counter(item.suppression.cause for item in scan.suppressed if item.suppression is not None)
    if hidden:
        causes = ", ".join(f"{count} {_CAUSES[cause]}" for cause, count in sorted(hidden.items()))
        text += f"; not counted: {causes}"
    return text


def gaps(scan: Scan) -> list[Coverage]:
    """Where silence means nothing, most components first."""
    return sorted((item for item in scan.coverage if item.message), key=lambda item: (-item.components, item.ecosystem))


def gap_summary(scan: Scan) -> str:
    """How many components could not be judged for sure, or that there are none; empty when all could."""
    found = gaps(scan)
    number = sum(item.components for item in found)
    if not number:
        return found[0].message if found else ""
    return f"{counted(number, 'component')} of {judged(scan)} cannot be judged for sure"


def gap_lines(scan: Scan) -> tuple[str, ...]:
    """``Alpine:3.20: no advisory data for alpine 3.20``, for documents that have a line of text for it and no table."""
    return tuple(f"{item.ecosystem}: {item.message}" for item in gaps(scan))


def judged(scan: Scan) -> int:
    """The components that were looked at."""
    return sum(item.components for item in scan.coverage)


def coverage_line(item: Coverage) -> str:
    """``Debian:12  31 components  unknown since 2023-04-02 (debian 2023-04-02)``."""
    days = ", ".join(f"{source.feed} of {source.day or 'an unknown day'}" for source in item.sources)
    return f"{item.message or 'covered'}{f' ({days})' if days else ''}"


def bumps(scan: Scan) -> list[tuple[Component, str, int]]:
    """Which version of which component clears how many findings, most first."""
    counts: Counter[str] = Counter(item.component.id for item in scan.findings)
    known = {item.component.id: (item.component, item.clears) for item in scan.findings if item.clears}
    ordered = sorted(known.items(), key=lambda pair: (-counts[pair[0]], pair[0]))
    return [(component, clears, counts[name]) for name, (component, clears) in ordered]


def details(item: Finding) -> str:
    """Why, in one line: the record, the range and the version."""
    match = item.matches[0]
    what = f"version {match.version} is listed" if match.listed else f"{match.version} lies in {match.interval}"
    source = f" (source package {match.package})" if match.source_package else ""
    return f"{match.feed}:{match.advisory}: {what}{source}, data of {match.day or 'an unknown day'}"
