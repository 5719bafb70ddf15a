"""What a violation does now: by the policy's action, the stage of its rollout, and since when the workload exists.

Until a stage begins nothing is refused. From then on the action counts for workloads that were first seen later; those
that existed are warned about until the grace period is over, then it counts for all. A stage begins at `audit_until`;
with gates, when they hold besides, and from then on for good: what is refused later closes no gate. A rollout on hold
stays as it was when the hold began.

When gates opened follows from the record alone (the last new violation, or when watching began, and the duration),
whoever computes it and whenever: replicas with the same record decide the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from assay.engines.policy.wildcards import match as like
from assay.engines.policy.world import Rollouts
from assay.model.assay_policy import AssayPolicy, Stage, StageRecord
from assay.model.policy import Action
from assay.model.workload import Workload

_PARTS = 10_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN = "whether its gates hold is not known here"


class Phase(StrEnum):
    """How far a policy has come into force, for one workload."""

    AUDIT = "audit"
    GRACE = "grace"
    FORCE = "in force"


@dataclass(frozen=True, slots=True)
class Standing:
    """The phase, and what a violation does in it; `until` is when the next phase begins, `note` what delays it."""

    phase: Phase
    action: Action
    until: datetime | None = None
    note: str = ""

    def __str__(self) -> str:
        text = f"{self.phase} until {day(self.until)}" if self.until is not None else str(self.phase)
        return f"{text}; {self.note}" if self.note else text


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a stage leaves the audit: `at` is None where nobody knows, and may be long ago; `note` says what delays it.

    `expected` is the earliest time that may become it, `held` whether its gates hold (also before its date).
    """

    at: datetime | None
    note: str = ""
    expected: datetime | None = None
    held: bool = True


def standing(
    policy: AssayPolicy, workload: Workload, first: datetime | None, now: datetime, rollouts: Rollouts | None = None
) -> Standing:
    """Where a workload stands that was first seen then; None: now. Raises what `rollouts` raises."""
    stage = stage_of(policy, workload)
    moment, held = frozen(policy, now)
    start = beginning(policy, stage, moment, rollouts)
    if start.at is None or moment < start.at:
        until = None if held or start.note == UNKNOWN else start.expected
        return Standing(Phase.AUDIT, Action.AUDIT, until, "; ".join(part for part in (start.note, held) if part))
    if moment >= start.at + stage.grace or (first or now) >= start.at:
        return Standing(Phase.FORCE, policy.action, note=held)
    lenient = Action.AUDIT if policy.action is Action.AUDIT else Action.WARN
    return Standing(Phase.GRACE, lenient, None if held else start.at + stage.grace, held)


def frozen(policy: AssayPolicy, now: datetime) -> tuple[datetime, str]:
    """The time that counts for the rollout, and why it is not this one (else empty)."""
    hold = policy.hold
    if hold is None or now <= hold.since:
        return now, ""
    return hold.since, f"held since {day(hold.since)}: {hold.reason}"


def beginning(policy: AssayPolicy, stage: Stage, now: datetime, rollouts: Rollouts | None) -> Beginning:
    """When a stage begins to be in force; what became of its gates is written down."""
    date = stage.audit_until or _LONG_AGO
    if not stage.gates or stage.forced is not None:
        forced = stage.forced.since if stage.gates and stage.forced is not None else date
        return Beginning(max(date, forced), expected=max(date, forced))
    if rollouts is None:
        return Beginning(None, UNKNOWN, held=False)
    record = rollouts.stage(policy, stage, now)
    if record.opened is not None:
        return Beginning(record.opened, expected=record.opened)
    opens = gates_open(stage, record)
    start = max(date, opens)
    if start <= now:
        rollouts.opened(policy, stage, start)
        return Beginning(start, expected=start)
    return Beginning(start, _waits(stage, record) if opens > now else "", start, opens <= now)


def gates_open(stage: Stage, record: StageRecord) -> datetime:
    """When the gates hold, if nothing comes between."""
    return max(record.observed, record.last or record.observed) + longest(stage)


def longest(stage: Stage) -> timedelta:
    """For how long nothing new may have been seen."""
    return max((gate.no_new_violation_for for gate in stage.gates), default=timedelta())


def _waits(stage: Stage, record: StageRecord) -> str:
    if record.last is not None and record.last >= record.observed:
        since = f"{record.by or 'a workload'} broke it anew on {day(record.last)}"
    else:
        since = f"watched since {day(record.observed)}"
    return f"a gate does not hold, no new violation for {span(longest(stage))}: {since}"


def span(duration: timedelta) -> str:
    """``14 days``, or hours or minutes where it is no whole number of days."""
    seconds = int(duration.total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds // size} {word}{'' if seconds == size else 's'}"
    return str(duration)


def day(moment: datetime) -> str:
    """To the minute, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def stage_of(policy: AssayPolicy, workload: Workload) -> Stage:
    """The first stage that takes the workload; the last takes every one."""
    for stage in policy.rollout[:-1]:
        if _takes(stage.namespaces, workload.namespace) and share(policy.name, workload) < stage.percent * 100:
            return stage
    return policy.rollout[-1]


def _takes(patterns: Sequence[str], namespace: str) -> bool:
    return not patterns or any(like(pattern, namespace) for pattern in patterns)


def share(policy: str, workload: Workload) -> int:
    """A number from 0 to 9999 that is the same for a workload on every replica, and another for another policy."""
    text = "\0".join((policy, workload.namespace, workload.kind, workload.name))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % _PARTS


def is_staged(policy: AssayPolicy) -> bool:
    """Whether a policy comes into force by and by, so that what breaks it meanwhile is of interest."""
    return any(stage.audit_until is not None or stage.gates for stage in policy.rollout)
