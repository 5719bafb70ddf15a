"""Conditions of Kyverno's (``preconditions``, ``deny``) as conditions in CEL."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from assay.engines.policy import go_durations, wildcards
from assay.engines.policy.converting import terms
from assay.engines.policy.converting.cel_text import Cel, Kind, every, literal, negated, pattern, quoted, some, wrapped
from assay.engines.policy.converting.losses import unsayable
from assay.engines.policy.converting.queries import Queries, has_variables
from assay.engines.policy.kyverno import operators
from assay.engines.policy.kyverno.conditions import OPERATORS
from assay.engines.policy.queries.versions import is_version
from assay.model.policy import Object

_EQUAL = ("equal", "equals")
_UNEQUAL = ("notequal", "notequals")
_ORDER = {"greaterthan": ">", "greaterthanorequals": ">=", "lessthan": "<", "lessthanorequals": "<="}
_MEMBER = {
    "in": ("all", False),
    "allin": ("all", False),
    "anyin": ("exists", False),
    "notin": ("exists", True),
    "allnotin": ("all", True),
    "anynotin": ("exists", True),
}


def clauses(queries: Queries, value: Any) -> str:
    """``any`` and ``all``, or the old plain list; empty holds."""
    if not value:
        return "true"
    blocks = value if isinstance(value, list) else [value]
    if isinstance(value, list) and not all("any" in item or "all" in item for item in value):
        return every(condition(queries, item) for item in value)
    return every(_clause(queries, block) for block in blocks)


def _clause(queries: Queries, block: Object) -> str:
    either = some(condition(queries, item) for item in block.get("any") or []) if block.get("any") else "true"
    return every((either, *(condition(queries, item) for item in block.get("all") or [])))


def condition(queries: Queries, item: Object) -> str:
    """One condition; raises `Unsayable` where it cannot be said."""
    operator = str(item.get("operator")).lower()
    if operator not in OPERATORS:
        unsayable(f"the operator {operator!r:.40}")
    key, value = item.get("key"), item.get("value")
    if not has_variables(key) and not has_variables(value):
        return literal(OPERATORS[operator](key, value))
    found = queries.text(key)
    if operator in _EQUAL:
        return _equal(queries, found, value)
    if operator in _UNEQUAL:
        same = _equal(queries, found, value)
        return every((f"{found.closed()} != null", negated(same))) if found.optional else negated(same)
    if operator in _MEMBER:
        return _member(queries, found, value, *_MEMBER[operator])
    return _ordered(queries, found, value, operator)


def _equal(queries: Queries, key: Cel, value: Any) -> str:
    text = wrapped(key.closed())
    if has_variables(value):
        other = queries.text(value)
        if not (key.plain or other.plain or other.kind in (Kind.NUMBER, Kind.BOOL)):
            queries.notes.lose("conditions", "wildcards and quantities in values that are looked up are plain texts")
        return f"{text} == {wrapped(other.closed())}"
    if not isinstance(value, str):
        return f"{text} == {literal(value)}"
    if key.kind is Kind.NUMBER:
        return f"{text} == {value}" if _is_number(value) else "false"
    if wildcards.contains(value):
        return every((f"type({text}) == string", f"string({text}).matches({quoted(pattern(value))})"))
    return _same_text(key, text, value)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _same_text(key: Cel, text: str, value: str) -> str:
    """A duration and a quantity are equal to what is written otherwise."""
    if key.plain or not value[:1].isdigit():
        return f"{text} == {quoted(value)}"
    if operators.quantity_of(value) is not None or go_durations.parsed(value) is not None:
        found = terms.holds(Cel(text), value)
        return found if not value.isdigit() else f"{text} in [{int(value)}, {quoted(value)}]"
    return f"{text} == {quoted(value)}"


def _ordered(queries: Queries, key: Cel, value: Any, operator: str) -> str:
    sign = _ORDER.get(operator)
    if sign is None or isinstance(value, bool) or value is None:
        unsayable(f"the operator {operator} here")
    text = wrapped(key.closed())
    if not has_variables(value):
        return _against(key, text, sign, value)
    other = queries.text(value)
    if Kind.NUMBER in (key.kind, other.kind):
        return f"{text} {sign} {wrapped(other.closed())}"
    one, two = (f"quantity(string({item}))" for item in (text, other.closed()))
    queries.notes.lose("conditions", f"both sides of {operator} are read as quantities")
    return f"{one}.compareTo({two}) {sign} 0"


def _against(key: Cel, text: str, sign: str, value: Any) -> str:
    """A key against a value that the policy writes down: number, duration, quantity or version."""
    if isinstance(value, list | dict):
        return "false"  # these have no order
    number = _number(value)
    if key.kind is Kind.NUMBER and number is not None:
        return f"{text} {sign} {number}"
    parts = [f"type({text}) in [int, double] && {text} {sign} {number}"] if number is not None else []
    parts += _texts_against(text, sign, value) if isinstance(value, str) else _number_against(text, sign, number)
    if not parts:
        unsayable(f"{value!r:.40} compared by its order")
    return some(parts)


def _number(value: Any) -> str | None:
    return (
        value.strip()
        if isinstance(value, str) and _is_number(value)
        else None
        if isinstance(value, str)
        else literal(value)
    )


def _number_against(text: str, sign: str, number: str | None) -> list[str]:
    """A key that is a text: a number as such, or a duration against seconds."""
    given = f"type({text}) == string && string({text})"
    return [
        f"{given}.matches('^[-+]?[0-9]+([.][0-9]+)?$') && double({text}) {sign} {number}",
        f"{given}.matches({quoted(terms.DURATION)}) && duration(string({text})) {sign} duration('{number}s')",
    ]


def _texts_against(text: str, sign: str, value: str) -> list[str]:
    given, found = f"type({text}) == string", []
    span = go_durations.parsed(value) if value else None
    if span is not None and not _is_number(value):
        matches = f"string({text}).matches({quoted(terms.DURATION)})"
        found.append(f"{given} && {matches} && duration(string({text})) {sign} duration({quoted(value)})")
        found.append(f"type({text}) in [int, double] && double({text}) {sign} {span / go_durations.SECOND!r}")
    if operators.quantity_of(value) is not None:
        compared = f"quantity(string({text})).compareTo(quantity({quoted(value)})) {sign} 0"
        found.append(f"{given} && isQuantity(string({text})) && {compared}")
    elif is_version(value):
        compared = f"semver(string({text}), true).compareTo(semver({quoted(value)}, true)) {sign} 0"
        found.append(f"{given} && isSemver(string({text}), true) && {compared}")
    return found


def _member(queries: Queries, key: Cel, value: Any, quantifier: str, negative: bool) -> str:
    single = key.kind in (Kind.TEXT, Kind.NUMBER, Kind.BOOL)
    name = "v" if not single else ""
    if isinstance(value, str) and operators.is_range(value):
        one: Callable[[str], str] = partial(_in_range, value)
    else:
        one = _one_in(queries, key, value)
    text = key.closed("null" if key.kind is not Kind.LIST else "[]")
    if single:
        found = one(wrapped(text))
        held = negated(found) if negative else found
        return every((f"{text} != null", held)) if key.optional else held
    name = queries.fresh("v")
    found = one(name)
    inner = negated(found) if negative else found
    if key.kind is Kind.LIST:
        return f"{text}.{quantifier}({name}, {inner})"
    held = f"(type({text}) == list ? {text} : [{text}]).{quantifier}({name}, {inner})"
    return every((f"{text} != null", held)) if key.optional else held


def _in_range(value: str, text: str) -> str:
    return terms.holds(Cel(text), value)


def _one_in(queries: Queries, key: Cel, value: Any) -> Callable[[str], str]:
    """Whether an element is one of the values."""
    if has_variables(value):
        return _one_of_computed(queries, key, value)
    patterns = _texts(value)
    if patterns is None:
        unsayable("a map as the values of a condition")
    return lambda text: _one_of(key, text, patterns)


def _texts(value: Any) -> list[str] | None:
    if isinstance(value, str):
        try:
            found = json.loads(value) if value.startswith("[") else None
        except ValueError:
            found = None
        return [_shown(item) for item in found] if isinstance(found, list) else [value]
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return None if isinstance(value, dict) or value is None else [_shown(value)]


def _shown(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, separators=(",", ":"))


def _one_of(key: Cel, text: str, patterns: list[str]) -> str:
    exact = [item for item in patterns if not wildcards.contains(item)]
    shown = text if key.kind is Kind.TEXT or (key.plain and key.kind is not Kind.ANY) else f"string({text})"
    if "*" in patterns:
        return "true"
    found = []
    if exact:
        bare = all(not item[:1].isdigit() and item not in ("true", "false") for item in exact)
        left = text if bare else shown
        found.append(f"{left} == {quoted(exact[0])}" if len(exact) == 1 else f"{left} in {literal(exact)}")
    found += [f"{shown}.matches({quoted(pattern(item))})" for item in patterns if wildcards.contains(item)]
    if not key.plain and key.kind not in (Kind.NUMBER, Kind.BOOL):
        found.append(_reversed(shown, literal(patterns)))
    return some(found)


def _reversed(text: str, values: str) -> str:
    """An element with wildcards takes the values: ``*`` among verbs is every verb."""
    return f"{text}.contains('*') && {values}.exists(p, p.matches({_expression(text)}))"


def _expression(text: str) -> str:
    return f"'^' + {text}.replace('.', '[.]').replace('*', '.*').replace('?', '.') + '$'"


def _one_of_computed(queries: Queries, key: Cel, value: Any) -> Callable[[str], str]:
    found = queries.text(value)
    name = queries.fresh("p")
    text = found.closed("[]")
    values = text if found.kind is Kind.LIST else f"[{text}]" if found.kind is Kind.TEXT else _as_list(text)

    def one(element: str) -> str:
        shown = element if key.kind is Kind.TEXT else f"string({element})"
        parts = [f"{element} in {values}"]
        if not found.plain:
            parts.append(f"{values}.exists({name}, {shown}.matches({_expression(f'string({name})')}))")
        return some(parts)

    return one


def _as_list(text: str) -> str:
    return f"(type({text}) == list ? {text} : [{text}])"
