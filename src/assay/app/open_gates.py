"""``--gate-open``: the gates of rollouts hold, for decisions where nobody recorded what happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.native.rollout import longest
from assay.model.assay_policy import AssayPolicy, Stage, StageRecord
from assay.model.workload import Workload

if TYPE_CHECKING:
    from assay.engines.policy.world import Policy


def are_needed(policies: Iterable[Policy]) -> bool:
    """Whether any of the policies has a gate that counts."""
    return any(
        stage.gates and stage.forced is None
        for item in policies
        if isinstance(item, NativePolicy)
        for stage in item.policy.rollout
    )


class OpenGates:
    """`assay.engines.policy.world.Rollouts` in which every gate held as soon as its stage's date came."""

    def stage(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        """Nothing new was ever seen."""
        date = stage.audit_until or datetime(1970, 1, 1, tzinfo=UTC) + longest(stage)
        return StageRecord(date - longest(stage))

    def opened(self, policy: AssayPolicy, stage: Stage, moment: datetime) -> None:
        """Nothing is kept."""

    def violated(
        self, policy: AssayPolicy, stage: Stage, workload: Workload, rule: str, image: str, now: datetime
    ) -> None:
        """Nothing is kept."""
