"""A difference of two SBOMs as a table for a terminal, as Markdown and as JSON.

::

    app 1.0 -> app 1.1: 1 added, 0 removed, 1 changed, 41 unchanged

    + left-pad 1.3.0 (npm)
    ~ openssl
        version   3.0.11 -> 3.0.13
"""

from __future__ import annotations

import json

from assay.model.component import Component
from assay.model.sbom_diff import ComponentChange, FieldChange, SbomDiff
from assay.report.console import printable
from assay.report.license_text import license_text


def table(diff: SbomDiff) -> str:
    """Text for a terminal, without colours."""
    lines = [_summary(diff)]
    lines += [""] if not diff.same else []
    lines += [f"+ {_label(item)}" for item in diff.added]
    lines += [f"- {_label(item)}" for item in diff.removed]
    for item in diff.changed:
        lines.append(f"~ {printable(_name(item.after))}")
        width = max(len(change.field) for change in item.changes)
        lines += [f"    {change.field:{width}}  {_arrow(change)}" for change in item.changes]
    return "\n".join(lines) + "\n"


def _summary(diff: SbomDiff) -> str:
    title = f"{_title(diff.before)} -> {_title(diff.after)}"
    if diff.same:
        return f"{title}: no difference in {diff.unchanged} components"
    counts = f"{len(diff.added)} added, {len(diff.removed)} removed, {len(diff.changed)} changed"
    return f"{title}: {counts}, {diff.unchanged} unchanged"


def _title(component: Component) -> str:
    return printable(f"{component.name} {component.version}".strip())


def _name(component: Component) -> str:
    return f"{component.namespace}/{component.name}" if component.namespace else component.name


def _label(component: Component) -> str:
    version = component.version or component.version_range
    return printable(f"{_name(component)} {version}".strip() + f" ({component.world or component.type})")


def _arrow(change: FieldChange) -> str:
    if change.field == "dependencies":
        parts = [f"-{name}" for name in (change.before,) if name] + [f"+{name}" for name in (change.after,) if name]
        return printable("  ".join(parts))
    return printable(f"{change.before or '(none)'} -> {change.after or '(none)'}")


def markdown(diff: SbomDiff) -> str:
    """Markdown for a pull request."""
    lines = [f"### {_escaped(_summary(diff))}"]
    lines += _rows("Added", diff.added) + _rows("Removed", diff.removed)
    if diff.changed:
        lines += ["", "| Changed | Field | Before | After |", "|---|---|---|---|"]
        lines += [line for item in diff.changed for line in _changed_rows(item)]
    return "\n".join(lines) + "\n"


def _rows(title: str, components: tuple[Component, ...]) -> list[str]:
    if not components:
        return []
    rows = [
        (_name(item), item.version or item.version_range, item.world or str(item.type), license_text(item.licenses))
        for item in components
    ]
    head = ["", f"| {title} | Version | Ecosystem | Licence |", "|---|---|---|---|"]
    return head + ["| " + " | ".join(map(_escaped, row)) + " |" for row in rows]


def _changed_rows(item: ComponentChange) -> list[str]:
    rows = [(_name(item.after), change.field, change.before, change.after) for change in item.changes]
    return ["| " + " | ".join(map(_escaped, row)) + " |" for row in rows]


def _escaped(text: str) -> str:
    """Text that no Markdown or HTML of strangers can break out of."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + character if character in "\\`*_[]|#!" else character for character in text)


def to_json(diff: SbomDiff) -> str:
    """JSON: ``{"before", "after", "added": [...], "removed": [...], "changed": [...], "unchanged": 41}``."""
    document = {
        "before": _entry(diff.before),
        "after": _entry(diff.after),
        "added": [_entry(item) for item in diff.added],
        "removed": [_entry(item) for item in diff.removed],
        "changed": [_changed_entry(item) for item in diff.changed],
        "unchanged": diff.unchanged,
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(component: Component) -> dict[str, str]:
    fields = {
        "id": component.id,
        "name": component.name,
        "namespace": component.namespace,
        "version": component.version or component.version_range,
        "ecosystem": component.world,
        "licence": license_text(component.licenses),
    }
    return {key: value for key, value in fields.items() if value}


def _changed_entry(item: ComponentChange) -> dict[str, object]:
    changes = [{"field": change.field, "before": change.before, "after": change.after} for change in item.changes]
    return {"before": _entry(item.before), "after": _entry(item.after), "changes": changes}
