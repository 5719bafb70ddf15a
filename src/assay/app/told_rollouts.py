"""How rollouts go on, in the status of the AssayPolicies: for whoever asks the cluster, and for other replicas.

::

    status:
      rollout:
        demands: 1f2e...
        stages: [{stage: "* 100%", observed: "2026-11-01T12:00:00.000000Z", last: ..., by: shop/Deployment/app}]
        violations: [{stage: "* 100%", namespace: shop, workloads: 3, last: ...}]

Replicas with a database each agree by it: every one takes over what the status says (`SharedRollouts`), and writes what
it knows besides. Within two rounds all have the earliest watch, the latest new violation, and the earliest opening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assay.adapters.kubernetes.client import Denied
from assay.app.companion_thread import CompanionThread
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.native.rollout import is_staged
from assay.errors import AssayError
from assay.formats.json import as_list, as_object, as_text
from assay.model.assay_policy import AssayPolicy, Stage, StageRecord
from assay.model.policy import GroupVersionKind, Object
from assay.model.rollout_status import NamespaceViolations
from assay.model.workload import Workload

if TYPE_CHECKING:
    from assay.adapters.admission_store.rollouts import Rollouts
    from assay.app.admission import Controller
    from assay.app.cluster_policies import ClusterPolicies
    from assay.app.companions import Figure
    from assay.app.policy_status import Patches

ROUND = 5.0
MAX_NAMESPACES = 200
_SKEW = timedelta(minutes=1)


class ToldRollouts:
    """`assay.engines.policy.world.Rollouts` out of what the controllers told; false where they told nothing."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._told = {_name(item): as_object(as_object(item.get("status")).get("rollout")) for item in objects}

    def __bool__(self) -> bool:
        return any(self._told.values())

    def stage(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        """What was told of a stage; where nothing was, it would be watched from now on."""
        told = self._told.get(policy.name, {})
        found = records(told).get(stage.key)
        if found is None or (told.get("demands") != policy.demands and found.opened is None):
            return StageRecord(now)
        return found

    def opened(self, policy: AssayPolicy, stage: Stage, moment: datetime) -> None:
        """The controllers find that out themselves."""

    def violated(
        self, policy: AssayPolicy, stage: Stage, workload: Workload, rule: str, image: str, now: datetime
    ) -> None:
        """Whoever only looks breaks nothing."""

    def broken(self, policy: str) -> dict[str, tuple[NamespaceViolations, ...]]:
        """How many workloads of which namespaces broke a policy, by stage."""
        found: dict[str, tuple[NamespaceViolations, ...]] = {}
        for item in map(as_object, as_list(self._told.get(policy, {}).get("violations"))):
            count, last, stage = item.get("workloads"), _moment(item.get("last")), as_text(item.get("stage"))
            if isinstance(count, int) and last is not None:
                one = NamespaceViolations(as_text(item.get("namespace")), count, last)
                found[stage] = (*found.get(stage, ()), one)
        return found


def records(told: Mapping[str, object]) -> dict[str, StageRecord]:
    """The stages in ``status.rollout``; what is no record is left out."""
    found: dict[str, StageRecord] = {}
    for item in map(as_object, as_list(told.get("stages"))):
        observed = _moment(item.get("observed"))
        if observed is not None:
            found[as_text(item.get("stage"))] = StageRecord(
                observed, _moment(item.get("last")), as_text(item.get("by")), _moment(item.get("opened"))
            )
    return found


class SharedRollouts(CompanionThread):
    """Keeps a controller's record and the status of the cluster's policies alike: a companion, on every replica."""

    def __init__(
        self,
        record: Rollouts,
        cluster: Patches,
        objects: Callable[[], Sequence[Object]],
        policies: Callable[[], Iterable[AssayPolicy]],
        now: Callable[[], datetime],
        pause: float = ROUND,
    ) -> None:
        super().__init__("rollouts")
        self._record, self._cluster, self._objects, self._policies = record, cluster, objects, policies
        self._now, self._pause = now, pause
        self._complaint = ""

    @property
    def figures(self) -> Sequence[Figure]:
        """Nothing is measured."""
        return ()

    @property
    def complaints(self) -> Mapping[str, str]:
        """What could not be told."""
        return {"rollouts": self._complaint} if self._complaint else {}

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            try:
                self.round()
                self._complaint = ""
            except AssayError as error:
                self._complaint = f"how they go on could not be told: {error.what}"

    def round(self) -> None:
        """Take over what others know, and tell what they do not; raises `ExternalError`."""
        policies = {policy.name: policy for policy in self._policies() if is_staged(policy)}
        for item in self._objects():
            policy = policies.get(_name(item))
            if policy is not None and item.get("kind") == "AssayPolicy":
                self._alike(policy, item)

    def _alike(self, policy: AssayPolicy, item: Object) -> None:
        told = as_object(as_object(item.get("status")).get("rollout"))
        theirs = records(told) if told.get("demands") == policy.demands else {}
        now = self._now()
        stages: list[Object] = []
        for stage in policy.rollout:
            if not stage.gates:
                continue
            known = theirs.get(stage.key)
            if known is not None and not _is_ahead(known, now):
                self._record.merge(policy, stage, known)
            mine = self._record.stage(policy, stage, now)
            stages.append(_stage(stage.key, mine))
        wanted: Object = {"demands": policy.demands, "stages": stages, "violations": self._broken(policy)}
        if not _covers(told, wanted):
            self._tell(item, policy, wanted)

    def _broken(self, policy: AssayPolicy) -> list[Object]:
        rows = [(stage, one) for stage, ones in self._record.broken(policy.name).items() for one in ones]
        return [
            {"stage": stage, "namespace": one.namespace, "workloads": one.workloads, "last": _text(one.last)}
            for stage, one in rows[:MAX_NAMESPACES]
        ]

    def _tell(self, item: Object, policy: AssayPolicy, wanted: Object) -> None:
        try:
            self._cluster.patch(GroupVersionKind.of(item), "", policy.name, {"status": {"rollout": wanted}}, "status")
        except Denied as error:
            if error.status != 404:  # it was deleted meanwhile
                raise


def shared(controller: Controller, cluster: Patches, source: ClusterPolicies) -> SharedRollouts:
    """That of a controller whose policies are in a cluster."""
    return SharedRollouts(
        controller.rollouts,
        cluster,
        source.own,
        lambda: [item.policy for item in controller.policies if isinstance(item, NativePolicy)],
        controller.now,
    )


def _is_ahead(record: StageRecord, now: datetime) -> bool:
    """Whether a time of it is yet to come, so that a clock is wrong or somebody wrote what is not so."""
    times = (record.observed, record.last, record.opened)
    return any(moment is not None and moment > now + _SKEW for moment in times)


def _covers(told: Object, wanted: Object) -> bool:
    """Whether the status says all of it: of violations as many or more, for replicas see different requests."""
    if told.get("demands") != wanted["demands"] or told.get("stages") != wanted["stages"]:
        return False
    known = {(one.get("stage"), one.get("namespace")): one for one in map(as_object, as_list(told.get("violations")))}
    for one in wanted["violations"]:
        other = known.get((one["stage"], one["namespace"]))
        count = other.get("workloads") if other is not None else None
        if not isinstance(count, int) or count < one["workloads"]:
            return False
    return True


def _stage(key: str, record: StageRecord) -> Object:
    found: Object = {"stage": key, "observed": _text(record.observed)}
    if record.last is not None:
        found |= {"last": _text(record.last), "by": record.by}
    return found | ({"opened": _text(record.opened)} if record.opened is not None else {})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(as_text(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _name(item: Object) -> str:
    return as_text(as_object(item.get("metadata")).get("name"))
