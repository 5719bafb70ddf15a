"""How far policies have come into force, for people and machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.rollout_status import RolloutStatus, StageStatus
from assay.report.console import Style, printable
from assay.report.table import aligned

_HEAD = ("STAGE", "PHASE", "NEXT", "GATES", "VIOLATIONS")
_SHOWN = 10


def text(found: RolloutStatus, style: Style) -> str:
    """The policy, a line for each stage, and what delays it or was broken below."""
    lines = [f"{style.bold}{printable(found.policy)}{style.reset} ({printable(found.place)}), action {found.action}"]
    if found.hold is not None:
        lines.append(f"  on hold since {_day(found.hold.since)}: {printable(found.hold.reason)}")
    head, *rows = aligned([_HEAD, *(_row(stage, found.record) for stage in found.stages)])
    lines.append(f"  {head}")
    for stage, row in zip(found.stages, rows, strict=True):
        lines.append(f"  {row}")
        lines += [f"    {printable(line)}" for line in _below(stage)]
    if not found.record:
        lines.append("  nothing is recorded here: violations, and whether gates hold, are not known")
    return "\n".join(lines) + "\n"


def _row(stage: StageStatus, record: str) -> tuple[str, ...]:
    phase = "grace, in force for new" if stage.phase == "grace" else stage.phase
    gates = "-" if not stage.stage.gates else {True: "hold", False: "do not hold", None: "not known"}[stage.gates_hold]
    workloads = sum(item.workloads for item in stage.violations)
    broken = _workloads(workloads) if record else "not known"
    return printable(stage.name), phase, _day(stage.next) if stage.next else "-", gates, broken


def _below(stage: StageStatus) -> Iterator[str]:
    if stage.note:
        yield stage.note
    if stage.stage.forced is not None:
        yield f"forced on {_day(stage.stage.forced.since)}: {stage.stage.forced.reason}"
    for item in stage.violations[:_SHOWN]:
        yield f"{item.namespace or '-'}: {_workloads(item.workloads)}, last {_day(item.last)}"
    if len(stage.violations) > _SHOWN:
        yield f"and {len(stage.violations) - _SHOWN} more namespaces"


def _workloads(count: int) -> str:
    return f"{count} workload{'' if count == 1 else 's'}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def as_json(found: Sequence[RolloutStatus]) -> bytes:
    """Everything, as one document."""
    return json_bytes.dump([_policy(item) for item in found])


def _policy(found: RolloutStatus) -> Json:
    hold: Json = None
    if found.hold is not None:
        hold = {"since": _time(found.hold.since), "reason": found.hold.reason}
    return {
        "policy": found.policy,
        "place": found.place,
        "action": found.action,
        "hold": hold,
        "record": found.record,
        "stages": [_stage(item) for item in found.stages],
    }


def _stage(item: StageStatus) -> Json:
    return {
        "stage": item.name,
        "namespaces": list(item.stage.namespaces),
        "percent": item.stage.percent,
        "phase": item.phase,
        "next": _time(item.next),
        "gates": [f"{int(gate.no_new_violation_for.total_seconds())}s" for gate in item.stage.gates],
        "gatesHold": item.gates_hold,
        "note": item.note,
        "watchedSince": _time(item.watched),
        "lastNewViolation": _time(item.last),
        "by": item.by,
        "violations": [
            {"namespace": one.namespace, "workloads": one.workloads, "last": _time(one.last)} for one in item.violations
        ],
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None
