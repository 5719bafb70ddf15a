"""How far a policy has come into force: stage by stage, and what delays it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.model.assay_policy import Hold, Stage


@dataclass(frozen=True, slots=True)
class NamespaceViolations:
    """What the record says of a namespace in a stage: workloads that broke the policy while it was not in force."""

    namespace: str
    workloads: int
    last: datetime


@dataclass(frozen=True, slots=True)
class StageStatus:
    """A stage now: `phase` is audit, grace (in force for new workloads) or in force; `next` when that changes.

    `gates_hold` is None where nobody knows; `note` says what delays it.
    """

    name: str
    stage: Stage
    phase: str
    next: datetime | None
    gates_hold: bool | None
    note: str
    watched: datetime | None = None
    last: datetime | None = None
    by: str = ""
    violations: tuple[NamespaceViolations, ...] = ()


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """A policy; `record` says where its violations are from, empty where there is no record."""

    policy: str
    place: str
    action: str
    hold: Hold | None
    record: str
    stages: tuple[StageStatus, ...]
