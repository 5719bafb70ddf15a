"""Decisions counted by workload and rule, in memory that does not grow with the number of admissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from assay.model.policy import Action, Outcome, RuleResult
from assay.model.simulation import Affected, Counts, Simulation, Violation

if TYPE_CHECKING:
    from assay.model.decision import Decision
    from assay.model.workload import Workload

MAX_WORKLOADS = 20_000
MAX_RULES = 100
MAX_TEXT = 600
_BAD = (Outcome.FAIL, Outcome.ERROR)


@dataclass(slots=True)
class _Group:
    counts: Counts = field(default_factory=Counts)
    violations: dict[tuple[str, str], Violation] = field(default_factory=dict)
    first: str = ""
    last: str = ""


class Tally:
    """The counts so far; `cut` are admissions without their objects."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._groups: dict[Workload, _Group] = {}
        self._first, self._last = "", ""
        self._left_out = 0
        self.cut = 0

    @property
    def asked(self) -> int:
        """How many were added."""
        return self._counts.asked

    def add(self, workload: Workload, time: str, before: str, decision: Decision) -> None:
        """Count a decision; `before` is what was answered then: allow, deny, or empty."""
        self._first, self._last = _earlier(self._first, time), max(self._last, time)
        bad = [item for item in decision.results if item.outcome in _BAD]
        counted = _counted(before, decision, broken=bool(bad))
        self._counts = _sum(self._counts, counted)
        if not (counted.denied or counted.reported or counted.no_longer):
            return
        group = self._groups.get(workload)
        if group is None:
            if len(self._groups) >= MAX_WORKLOADS:
                self._left_out += 1
                return
            group = self._groups[workload] = _Group()
        group.counts = _sum(group.counts, counted)
        if bad:
            group.first, group.last = _earlier(group.first, time), max(group.last, time)
        for item in bad:
            self._violated(group, item, time)

    @staticmethod
    def _violated(group: _Group, item: RuleResult, time: str) -> None:
        key = (item.policy, item.rule)
        known = group.violations.get(key)
        if known is None:
            if len(group.violations) >= MAX_RULES:
                return
            known = Violation(item.policy, item.rule, str(item.outcome))
        group.violations[key] = replace(
            known,
            outcome=str(item.outcome),
            count=known.count + 1,
            denied=known.denied + (item.action is Action.DENY),
            first=_earlier(known.first, time),
            last=max(known.last, time),
            message=" ".join(item.message.split())[:MAX_TEXT],
            mend=" ".join(str(item.details.get("mend") or "").split())[:MAX_TEXT],
            phase=str(item.details.get("phase") or ""),
        )

    def simulation(self, at: datetime, policies: int, sources: Sequence[str], unreadable: int) -> Simulation:
        """What came out."""
        found = [
            Affected(
                workload,
                group.counts,
                tuple(sorted(group.violations.values(), key=lambda one: (-one.denied, one.policy, one.rule))),
                group.first,
                group.last,
            )
            for workload, group in self._groups.items()
        ]
        found.sort(key=lambda one: (-one.counts.denied, -one.counts.reported, one.workload))
        return Simulation(
            at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            policies,
            tuple(sources),
            self._counts,
            tuple(found),
            self._first,
            self._last,
            self.cut,
            unreadable,
            self._left_out,
        )


def _counted(before: str, decision: Decision, *, broken: bool) -> Counts:
    """One decision as counts."""
    denied = not decision.allowed
    return Counts(
        1,
        int(denied),
        int(denied and before == "allow"),
        int(denied and before == "deny"),
        int(not denied and before == "deny"),
        int(broken and not denied),
    )


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        one.asked + other.asked,
        one.denied + other.denied,
        one.newly + other.newly,
        one.again + other.again,
        one.no_longer + other.no_longer,
        one.reported + other.reported,
    )


def _earlier(one: str, other: str) -> str:
    """The earlier of two times, of which either may be missing."""
    return min(one, other) if one and other else one or other
