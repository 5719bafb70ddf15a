"""What policies would have done to admissions of the past, and to what runs now, by workload."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.model.workload import Workload


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule says of a workload: how often, and when first and last (RFC 3339; empty where no time is known).

    `denied` are the times at which it would refuse; the others are reported or warned about. `message`, `mend` (the
    command that mends it) and `phase` are those of the last time.
    """

    policy: str
    rule: str
    outcome: str
    count: int = 0
    denied: int = 0
    first: str = ""
    last: str = ""
    message: str = ""
    mend: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Admissions and running objects: all of them, and what would happen to them.

    `denied` would be refused: `newly` of them were let in, `again` were refused before, and of the rest nobody knows;
    `no_longer` were refused before and would be let in. `reported` break a policy that does not refuse (yet).
    """

    asked: int = 0
    denied: int = 0
    newly: int = 0
    again: int = 0
    no_longer: int = 0
    reported: int = 0


@dataclass(frozen=True, slots=True)
class Affected:
    """A workload for which something would happen, or that breaks a policy."""

    workload: Workload
    counts: Counts
    violations: tuple[Violation, ...] = ()
    first: str = ""
    """When it first broke a policy, as far as that is known."""
    last: str = ""

    @property
    def result(self) -> str:
        """In two words: newly denied, still denied, denied, reported, or no longer denied."""
        counts = self.counts
        if counts.newly:
            return "newly denied"
        if counts.denied:
            return "still denied" if counts.again else "denied"
        return "reported" if counts.reported else "no longer denied"


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything, the most often denied first; `sources` says what was asked, in words.

    `cut` are admissions whose objects were not recorded, `unreadable` entries that are none, `left_out` admissions of
    workloads beyond the bound, which are counted in `counts` alone.
    """

    at: str
    policies: int
    sources: tuple[str, ...]
    counts: Counts
    affected: tuple[Affected, ...] = ()
    first: str = ""
    last: str = ""
    cut: int = 0
    unreadable: int = 0
    left_out: int = 0
    remarks: tuple[str, ...] = field(default=())
