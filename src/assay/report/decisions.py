"""Decisions of policies for people and machines: the verdict, the action, and what each rule found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.policy import Outcome, RuleResult
from assay.report.console import Style

if TYPE_CHECKING:
    from assay.model.decision import Decision

_MARKS = {Outcome.PASS: "ok", Outcome.FAIL: "no", Outcome.WARN: "warn", Outcome.ERROR: "error", Outcome.SKIP: "skipped"}


def text(target: str, decision: Decision, style: Style) -> str:
    """Some lines: the target with verdict and action, then a line for each result, with what mends it below."""
    colour = style.green if decision.verdict == "pass" else style.red
    lines = [f"{target}: verdict {colour}{decision.verdict}{style.reset}, action {decision.action}"]
    for item in decision.results:
        mark = _MARKS[item.outcome]
        phase = f" ({item.details['phase']})" if item.details.get("phase") else ""
        name = f"{item.policy} {item.rule}".rstrip()  # a policy in CEL has no rules with names
        lines.append(f"  {mark:<7} {name}{phase}: {' '.join(item.message.split())}")
        lines += [f"          {name}: {item.details[name]}" for name in ("wanted", "mend") if item.details.get(name)]
    if not decision.results:
        lines.append("  no policy is about it")
    return "\n".join(lines) + "\n"


def as_json(found: Sequence[tuple[str, Decision]]) -> bytes:
    """Everything, as one document."""
    return json_bytes.dump([_plain(target, decision) for target, decision in found])


def _plain(target: str, decision: Decision) -> Json:
    return {
        "target": target,
        "verdict": decision.verdict,
        "action": decision.action,
        "message": decision.message,
        "warnings": list(decision.warnings),
        "results": [_result(item) for item in decision.results],
    }


def _result(item: RuleResult) -> Json:
    return {
        "policy": item.policy,
        "rule": item.rule,
        "outcome": str(item.outcome),
        "action": str(item.action),
        "message": item.message,
        "details": item.details,
    }
