"""`assay policy rollout`: how far policies have come, and the changes that move a rollout on, stop it, or let it go.

A change is a new ``spec.rollout`` of one policy; where it is written (a file, the cluster) is not decided here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assay.engines.policy.native import loading, rollout
from assay.engines.policy.native.rollout import Phase
from assay.errors import InputError, Refused, UsageError
from assay.formats.json import as_list, as_object
from assay.model.assay_policy import AssayPolicy, Stage
from assay.model.rollout_status import NamespaceViolations, RolloutStatus, StageStatus

if TYPE_CHECKING:
    from assay.engines.policy.world import Rollouts
    from assay.formats.manifest import Manifest
    from assay.model.policy import Object

MIN_HELD = timedelta(seconds=1)


class Record(Protocol):
    """Where violations were written down (`assay.adapters.admission_store.rollouts.Rollouts`)."""

    def broken(self, policy: str) -> dict[str, tuple[NamespaceViolations, ...]]:
        """How many workloads of which namespaces broke a policy, by stage."""
        ...


class Known(NamedTuple):
    """A record: what it says of stages, of violations, and its name."""

    rollouts: Rollouts | None = None
    record: Record | None = None
    name: str = ""


class Staged(NamedTuple):
    """A policy with the object that it is made of."""

    policy: AssayPolicy
    manifest: Manifest


def find(manifests: Iterable[Manifest], name: str = "") -> list[Staged]:
    """The AssayPolicies of that name (empty: all); raises `InputError` where there is none."""
    found = [
        Staged(loading.policy(item), item)
        for item in manifests
        if loading.is_native(item.object) and item.object.get("kind") == "AssayPolicy"
    ]
    taken = [item for item in found if name in ("", item.policy.name)]
    if not taken:
        known = ", ".join(sorted(item.policy.name for item in found)) or "none"
        raise InputError(f"there is no AssayPolicy {name}".rstrip(), f"there are: {known}")
    return taken


def one(manifests: Iterable[Manifest], name: str) -> Staged:
    """The only one of that name; raises `InputError`."""
    found = find(manifests, name)
    if len(found) > 1:
        places = ", ".join(item.manifest.place for item in found)
        raise InputError(f"there are {len(found)} policies {name}: {places}", "name one file")
    return found[0]


def status(item: Staged, known: Known, now: datetime) -> RolloutStatus:
    """How far it has come; raises `ExternalError` where the record is away."""
    policy = item.policy
    broken = known.record.broken(policy.name) if known.record is not None else {}
    stages = tuple(_stage(policy, number, known, now, broken) for number in range(len(policy.rollout)))
    return RolloutStatus(policy.name, item.manifest.place, str(policy.action), policy.hold, known.name, stages)


def _stage(
    policy: AssayPolicy,
    number: int,
    known: Known,
    now: datetime,
    broken: dict[str, tuple[NamespaceViolations, ...]],
) -> StageStatus:
    stage = policy.rollout[number]
    moment, held = rollout.frozen(policy, now)
    start = rollout.beginning(policy, stage, moment, known.rollouts)
    phase, then = _phase(stage, start, moment)
    gates = None if start.note == rollout.UNKNOWN else start.held
    note = "; ".join(part for part in (start.note, held) if part)
    record = known.rollouts.stage(policy, stage, moment) if known.rollouts is not None and stage.gates else None
    return StageStatus(
        name_of(policy, number),
        stage,
        phase,
        None if held else then,
        gates if stage.gates else True,
        note,
        record.observed if record is not None else None,
        record.last if record is not None else None,
        record.by if record is not None else "",
        broken.get(stage.key, ()),
    )


def _phase(stage: Stage, start: rollout.Beginning, now: datetime) -> tuple[str, datetime | None]:
    if start.at is None or now < start.at:
        return Phase.AUDIT, start.expected
    if now < start.at + stage.grace:
        return Phase.GRACE, start.at + stage.grace
    return Phase.FORCE, None


def name_of(policy: AssayPolicy, number: int) -> str:
    """What people call a stage: its number, and whom it takes."""
    stage = policy.rollout[number]
    if number == len(policy.rollout) - 1:
        return "all" if number == 0 else "the rest"
    share = f"{stage.percent} % of " if stage.percent < 100 else ""
    return f"{number + 1}: {share}{', '.join(stage.namespaces) or 'all namespaces'}"


class Changed(NamedTuple):
    """A new ``spec.rollout``, and what it does in words."""

    rollout: Object
    what: str


def advance(
    item: Staged, known: Known, now: datetime, number: int | None = None, reason: str = "", *, force: bool = False
) -> Changed:
    """The next stage (or the one of that number, from 1) moves on now: out of audit, or out of grace.

    Raises `Refused` where one of its gates does not hold, unless `force`, with the `reason`; `UsageError` where there
    is nothing to move on.
    """
    if item.policy.hold is not None:
        raise Refused("the rollout is on hold: " + item.policy.hold.reason, "assay policy rollout hold --release")
    found = status(item, known, now)
    chosen = _chosen(found, number)
    stage = found.stages[chosen]
    changed = _rollout_of(item)
    target = _target(changed, chosen)
    if stage.phase == Phase.GRACE:
        _end_grace(target, stage, now)
        return Changed(changed, f"stage {stage.name}: the grace period ends now")
    if not stage.gates_hold:
        if not force:
            raise Refused(f"stage {stage.name} is not moved on: {stage.note}", "wait, or --force --reason WHY")
        target["forced"] = {"since": written(now), "reason": reason}
    target["auditUntil"] = written(now)
    return Changed(changed, f"stage {stage.name}: in force for new workloads from now on")


def _chosen(found: RolloutStatus, number: int | None) -> int:
    """The stage that moves: the one asked for, or the one whose next phase is nearest."""
    if number is not None:
        if not 1 <= number <= len(found.stages):
            raise UsageError(f"there is no stage {number}", f"there are {len(found.stages)}")
        if found.stages[number - 1].phase == Phase.FORCE:
            raise UsageError(
                f"stage {found.stages[number - 1].name} is in force for all", "there is nothing to move on"
            )
        return number - 1
    far = datetime.max.replace(tzinfo=UTC)
    waiting = [(one.next or far, place) for place, one in enumerate(found.stages) if one.phase != Phase.FORCE]
    if not waiting:
        raise UsageError(f"the policy {found.policy} is in force for all", "there is nothing to move on")
    return min(waiting)[1]


def _end_grace(target: Object, stage: StageStatus, now: datetime) -> None:
    """The grace period becomes what has passed of it; that of a gate's stage counts from when it opened."""
    if stage.next is None:
        raise Refused(f"stage {stage.name} stands still", "assay policy rollout hold --release")
    begun = stage.next - stage.stage.grace
    target["grace"] = short(max(now - begun, timedelta()))


def hold(item: Staged, now: datetime, reason: str) -> Changed:
    """The rollout stands still from now on; raises `UsageError` where it does already."""
    if item.policy.hold is not None:
        raise UsageError(f"the rollout is on hold already: {item.policy.hold.reason}", "--release lets it go on")
    changed = _rollout_of(item)
    changed["hold"] = {"since": written(now), "reason": reason}
    return Changed(changed, f"on hold: {reason}")


def release(item: Staged, now: datetime, known: Known, *, as_planned: bool = False) -> Changed:
    """The rollout goes on: what lay ahead when it was stopped comes later by so long, unless `as_planned`."""
    stopped = item.policy.hold
    if stopped is None:
        raise UsageError("the rollout is not on hold", "there is nothing to release")
    changed = _rollout_of(item)
    del changed["hold"]
    held = max(now - stopped.since, timedelta())
    if as_planned or held < MIN_HELD:
        return Changed(changed, "it goes on by its dates")
    for number, stage in enumerate(item.policy.rollout):
        _later(_target(changed, number), item.policy, stage, held, known)
    return Changed(changed, f"it goes on, {rollout.span(timedelta(seconds=int(held.total_seconds())))} later")


def _later(target: Object, policy: AssayPolicy, stage: Stage, held: timedelta, known: Known) -> None:
    """Move what was still to come: the end of the audit, else the end of the grace period."""
    assert policy.hold is not None
    start = rollout.beginning(policy, stage, policy.hold.since, known.rollouts)
    if start.at is None or start.at > policy.hold.since:
        if stage.audit_until is not None and stage.audit_until > policy.hold.since:
            target["auditUntil"] = written(stage.audit_until + held)
    elif stage.grace and start.at + stage.grace > policy.hold.since:
        target["grace"] = short(stage.grace + held)


def _rollout_of(item: Staged) -> Object:
    return copy.deepcopy(as_object(as_object(item.manifest.object.get("spec")).get("rollout")))


def _target(changed: Object, number: int) -> Object:
    """The part of ``spec.rollout`` that a stage is made of; the last is the rollout itself."""
    stages = as_list(changed.get("stages"))
    return as_object(stages[number]) if number < len(stages) else changed


def written(moment: datetime) -> str:
    """A time as policies have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(span: timedelta) -> str:
    """A duration as policies have it."""
    seconds = int(span.total_seconds())
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def of_cluster(items: Iterable[Object], place: Callable[[Object], str]) -> list[Manifest]:
    """Objects of the cluster as manifests, without what their status says."""
    from assay.formats.manifest import Manifest

    return [Manifest({key: one[key] for key in one if key != "status"}, place(one), 1) for one in items]


def patch(item: Staged, changed: Changed) -> Object:
    """The merge patch (RFC 7386) that makes the change: what is gone is null."""
    before = _rollout_of(item)
    gone: Object = dict.fromkeys((key for key in before if key not in changed.rollout), None)
    return {"spec": {"rollout": {**changed.rollout, **gone}}}
