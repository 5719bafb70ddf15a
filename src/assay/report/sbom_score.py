"""A score of an SBOM as a table for a terminal and as JSON.

::

    Quality 7.4 of 10

    CATEGORY        SCORE  CHECK      MET      WHAT TO DO
    identification  10.0   name       42/42
                           version    40/42    pin it: a lock file has exact versions

    NTIA 2021: not met (supplier 12/42)
"""

from __future__ import annotations

import json

from assay.model.sbom_score import Category, Check, Minimum, Score
from assay.report.console import printable
from assay.report.table import aligned

_SHOWN = 20


def table(score: Score) -> str:
    """Text for a terminal, without colours."""
    rows = [("CATEGORY", "SCORE", "CHECK", "MET", "WHAT TO DO")]
    rows += [row for category in score.categories for row in _rows(category)]
    lines = [f"Quality {score.total:.1f} of 10", "", *aligned(rows), ""]
    lines += [_minimum(item) for item in score.minimums]
    if score.shortfalls:
        lines += ["", f"{len(score.shortfalls)} components lack something:"]
        lines += [f"  {printable(item.component)}: {', '.join(item.missing)}" for item in score.shortfalls[:_SHOWN]]
        if len(score.shortfalls) > _SHOWN:
            lines.append(f"  ... and {len(score.shortfalls) - _SHOWN} more (all of them in the JSON form)")
    return "\n".join(lines) + "\n"


def _rows(category: Category) -> list[tuple[str, str, str, str, str]]:
    found: list[tuple[str, str, str, str, str]] = []
    for check in category.checks:
        head = ("", "") if found else (category.name, f"{category.score:.1f}")
        found.append((*head, check.name, _met(check), check.remedy if check.met < check.of else ""))
    return found


def _met(check: Check) -> str:
    if check.of == 1:
        return "yes" if check.met else "no"
    return f"{check.met}/{check.of}"


def _minimum(minimum: Minimum) -> str:
    if minimum.met:
        return f"{minimum.name} minimum elements: met"
    lacking = [f"{check.name} {_met(check)}" for check in minimum.elements if check.met < check.of]
    return f"{minimum.name} minimum elements: not met ({', '.join(lacking)})"


def to_json(score: Score) -> str:
    """JSON: ``{"score", "categories": [...], "minimums": [...], "components": [{"component", "missing"}]}``."""
    document = {
        "score": round(score.total, 2),
        "categories": [
            {"name": item.name, "score": round(item.score, 2), "weight": item.weight, "checks": _checks(item.checks)}
            for item in score.categories
        ],
        "minimums": [
            {"name": item.name, "met": item.met, "elements": _checks(item.elements)} for item in score.minimums
        ],
        "components": [{"component": item.component, "missing": list(item.missing)} for item in score.shortfalls],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _checks(checks: tuple[Check, ...]) -> list[dict[str, object]]:
    return [
        {"name": item.name, "met": item.met, "of": item.of, "score": round(item.score, 2), "remedy": item.remedy}
        for item in checks
    ]
