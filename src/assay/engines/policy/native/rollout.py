"""What a violation does now: by the policy's action, the stage of its rollout, and since when the workload exists.

Until `audit_until` of its stage nothing is refused. From then on the action counts for workloads that were first seen
later; those that existed are warned about until the grace period is over, then it counts for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assay.engines.policy.wildcards import match as like
from assay.model.assay_policy import AssayPolicy, Stage
from assay.model.policy import Action
from assay.model.workload import Workload

_PARTS = 10_000


class Phase(StrEnum):
    """How far a policy has come into force, for one workload."""

    AUDIT = "audit"
    GRACE = "grace"
    FORCE = "in force"


@dataclass(frozen=True, slots=True)
class Standing:
    """The phase, and what a violation does in it; `until` is when the next phase begins."""

    phase: Phase
    action: Action
    until: datetime | None = None

    def __str__(self) -> str:
        return f"{self.phase} until {self.until:%Y-%m-%d %H:%M} UTC" if self.until is not None else str(self.phase)


def standing(policy: AssayPolicy, workload: Workload, first: datetime | None, now: datetime) -> Standing:
    """Where a workload stands that was first seen then; None: now."""
    stage = stage_of(policy, workload)
    if stage.audit_until is None or now >= stage.audit_until + stage.grace:
        return Standing(Phase.FORCE, policy.action)
    if now < stage.audit_until:
        return Standing(Phase.AUDIT, Action.AUDIT, stage.audit_until)
    if (first or now) >= stage.audit_until:
        return Standing(Phase.FORCE, policy.action)
    lenient = Action.AUDIT if policy.action is Action.AUDIT else Action.WARN
    return Standing(Phase.GRACE, lenient, stage.audit_until + stage.grace)


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
