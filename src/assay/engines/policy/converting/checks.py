"""The body of a validate rule as one condition in CEL: pattern, anyPattern, deny and foreach."""

from __future__ import annotations

from typing import Any

from assay.engines.policy.converting import conditions, context, patterns
from assay.engines.policy.converting.cel_text import Cel, Kind, every, negated, some
from assay.engines.policy.converting.losses import unsaid, unsayable
from assay.engines.policy.converting.queries import Queries
from assay.engines.policy.kyverno.substitution import Template
from assay.model.policy import Object

MAX_NESTING = 8


def condition(queries: Queries, body: Object, item: Cel, level: int = 0) -> str:
    """What must hold of `item`; raises `Unsayable`."""
    if body.get("pattern") is not None:
        return patterns.verdict(queries, item, _resolved(body["pattern"])).allowed
    if body.get("anyPattern") is not None:
        found = [patterns.verdict(queries, item, _resolved(one)) for one in body["anyPattern"]]
        return some((*(one.ok for one in found), every(one.allowed for one in found)))
    if body.get("deny") is not None:
        return negated(conditions.clauses(queries, (body["deny"] or {}).get("conditions")))
    if body.get("foreach") is not None:
        return every(_foreach(queries, one, item, level + 1) for one in body["foreach"])
    raise unsaid(f"validate with {', '.join(sorted(body)) or 'nothing'}")


def _resolved(pattern: Any) -> Any:
    """A pattern with its references to other places of itself followed."""
    return Template(pattern).source


def _foreach(queries: Queries, each: Object, item: Cel, level: int) -> str:
    if level > MAX_NESTING:
        unsayable(f"lists in lists, over {MAX_NESTING} deep")
    source = str(each.get("list") or "")
    if "{{" in source:
        unsayable("variables in the list of a foreach")
    listed = queries.query(source, lenient=True)
    name = queries.fresh("element")
    element = Cel(name)
    inner = queries.within({"element": element, f"element{level - 1}": element})
    inner = context.inlined(inner, list(each.get("context") or []))
    scoped = each.get("elementScope") is not False
    check = condition(inner, each, element if scoped else item, level)
    asked = conditions.clauses(inner, each.get("preconditions"))
    items = listed.closed("[]")
    if listed.kind not in (Kind.LIST, Kind.ANY):
        items = f"[{items}]"
    return f"{items}.all({name}, {some((negated(asked), check))})"
