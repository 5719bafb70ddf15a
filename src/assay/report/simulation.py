"""What policies would have done, for people and machines: a table by workload, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.simulation import Affected, Counts, Simulation, Violation
from assay.report.console import Style, printable
from assay.report.table import aligned

_HEAD = ("NAMESPACE", "OWNER", "RESULT", "TIMES", "SINCE", "POLICY")


def table(found: Simulation, style: Style) -> str:
    """A line for each workload and rule, with the reason and what mends it below, and a summary."""
    rows = [(item, one) for item in found.affected for one in item.violations or (None,)]
    lines: list[str] = []
    if rows:
        head, *cells = aligned([_HEAD, *(_row(item, one) for item, one in rows)])
        lines.append(head)
        for (item, one), line in zip(rows, cells, strict=True):
            colour = style.red if item.counts.denied else style.yellow if item.counts.reported else style.green
            lines.append(f"{colour}{line}{style.reset}")
            lines += _below(one)
        lines.append("")
    return "\n".join([*lines, *summary(found)]) + "\n"


def _row(item: Affected, one: Violation | None) -> tuple[str, ...]:
    workload = item.workload
    policy = f"{one.policy} {one.rule}" if one is not None else "-"
    times = f"{one.denied or one.count}" if one is not None else str(item.counts.no_longer)
    since = day(one.first) if one is not None else "-"
    owner = f"{workload.kind}/{workload.name}"
    cells = (workload.namespace or "-", owner, result(item, one), times, since, policy)
    return tuple(printable(cell) for cell in cells)


def result(item: Affected, one: Violation | None) -> str:
    """What happens by one rule: a rule that does not refuse is only reported, whatever others do."""
    if one is not None and not one.denied:
        return "reported"
    return item.result


def _below(one: Violation | None) -> Iterator[str]:
    if one is None:
        return
    phase = f" ({one.phase})" if one.phase and not one.denied else ""
    yield f"    {printable(one.message)}{printable(phase)}"
    if one.mend:
        yield f"    mend: {printable(one.mend)}"


def summary(found: Simulation) -> Iterator[str]:
    """The counts in words."""
    counts = found.counts
    yield f"{counts.asked} asked of {policies(found)} as of {day(found.at)}{_span(found)}: {_counts(counts)}"
    if found.cut:
        yield f"{found.cut} could not be asked: their objects were not recorded"
    if found.unreadable:
        yield f"{found.unreadable} could not be read"
    if found.left_out:
        yield f"{found.left_out} are counted, but of more workloads than are listed"


def policies(found: Simulation) -> str:
    """How many, in words."""
    return f"{found.policies} {'policy' if found.policies == 1 else 'policies'}"


def _counts(counts: Counts) -> str:
    parts = [f"{counts.denied} would be denied"]
    if counts.denied:
        known = [(counts.newly, "newly"), (counts.again, "as before")]
        rest = counts.denied - counts.newly - counts.again
        told = [f"{number} {word}" for number, word in (*known, (rest, "of which nobody knows before")) if number]
        parts[0] += f" ({', '.join(told)})"
    parts.append(f"{counts.no_longer} no longer")
    parts.append(f"{counts.reported} break what does not refuse yet")
    return ", ".join(parts)


def _span(found: Simulation) -> str:
    return f", from {day(found.first)} to {day(found.last)}" if found.first else ""


def day(time: str) -> str:
    """A time of RFC 3339 to the minute."""
    return f"{time[:10]} {time[11:16]}".strip() if time else "-"


def as_json(found: Simulation) -> bytes:
    """Everything, as one document."""
    return json_bytes.dump(
        {
            "at": found.at,
            "policies": found.policies,
            "sources": list(found.sources),
            "first": found.first,
            "last": found.last,
            "counts": _plain(found.counts),
            "notAsked": {"cut": found.cut, "unreadable": found.unreadable},
            "leftOut": found.left_out,
            "workloads": [_workload(item) for item in found.affected],
        }
    )


def _plain(counts: Counts) -> Json:
    return {
        "asked": counts.asked,
        "denied": counts.denied,
        "newlyDenied": counts.newly,
        "stillDenied": counts.again,
        "noLongerDenied": counts.no_longer,
        "reported": counts.reported,
    }


def _workload(item: Affected) -> Json:
    workload = item.workload
    return {
        "namespace": workload.namespace,
        "kind": workload.kind,
        "name": workload.name,
        "result": item.result,
        "counts": _plain(item.counts),
        "first": item.first,
        "last": item.last,
        "violations": [_violation(one) for one in item.violations],
    }


def _violation(one: Violation) -> Json:
    return {
        "policy": one.policy,
        "rule": one.rule,
        "outcome": one.outcome,
        "count": one.count,
        "denied": one.denied,
        "first": one.first,
        "last": one.last,
        "message": one.message,
        "mend": one.mend,
        "phase": one.phase,
    }
