"""``preconditions`` and ``deny.conditions``: conditions under ``any`` and ``all``, or the old plain list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.fields import only, wrong
from assay.engines.policy.kyverno import conditions
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template
from assay.model.policy import Object

MAX_CONDITIONS = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """One of them."""

    key: Template
    operator: str
    value: Template
    message: Template

    def holds(self, scope: Scope) -> bool:
        """Raises `BadQuery` where a variable has no value."""
        return conditions.holds(self.key.fill(scope), self.operator, self.value.fill(scope))


@dataclass(frozen=True, slots=True)
class Clause:
    """A block: one of `any`, if there are some, and all of `all`."""

    any: tuple[Condition, ...] | None = None
    all: tuple[Condition, ...] = ()

    def holds(self, scope: Scope) -> bool:
        """Raises `BadQuery` where a variable has no value."""
        some = self.any is None or any(condition.holds(scope) for condition in self.any)
        return some and all(condition.holds(scope) for condition in self.all)


Clauses = tuple[Clause, ...]


def load(value: Any, place: str) -> Clauses:
    """All of the blocks must hold; raises `Malformed` with the field's place."""
    if value is None:
        return ()
    if isinstance(value, dict):
        return (_clause(value, place),)
    if not isinstance(value, list):
        wrong(place, "neither any and all nor a list of conditions")
    if value and all(isinstance(item, dict) and ("any" in item or "all" in item) for item in value):
        return tuple(_clause(item, f"{place}[{at}]") for at, item in enumerate(value))
    return (Clause(all=_conditions(value, place)),)


def holds(clauses: Clauses, scope: Scope) -> bool:
    """Whether every block holds."""
    return all(clause.holds(scope) for clause in clauses)


def _clause(value: Object, place: str) -> Clause:
    only(value, ("any", "all"), place)
    some = _conditions(value["any"], f"{place}.any") if value.get("any") else None
    return Clause(some, _conditions(value.get("all") or [], f"{place}.all"))


def _conditions(value: Any, place: str) -> tuple[Condition, ...]:
    if not isinstance(value, list) or len(value) > MAX_CONDITIONS:
        wrong(place, f"not a list of at most {MAX_CONDITIONS} conditions")
    return tuple(_condition(item, f"{place}[{at}]") for at, item in enumerate(value))


def _condition(item: Any, place: str) -> Condition:
    if not isinstance(item, dict):
        wrong(place, "not a condition")
    only(item, ("key", "operator", "value", "message"), place)
    operator = item.get("operator")
    if not isinstance(operator, str) or operator.lower() not in conditions.OPERATORS:
        wrong(f"{place}.operator", f"{operator!r:.40} is no operator")
    return Condition(Template(item.get("key")), operator, Template(item.get("value")), Template(item.get("message")))
