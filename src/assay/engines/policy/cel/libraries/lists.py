"""Lists: the API server's own functions, and those of cel-go's `ext.Lists`."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from assay.engines.policy.cel import operators
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.frame import MAX_ITEMS, items
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import NONE, Optional, UInt, Value, equal


def _sum(values: list[Value]) -> Value:
    if not values:
        return 0
    total: Value = {int: 0, UInt: UInt(0), float: 0.0, timedelta: timedelta()}.get(type(values[0]))
    if total is None:
        raise Untold("sum takes a list of numbers or durations")
    for value in values:
        total = operators.add(total, value)
    return total


def _least(values: list[Value]) -> Value:
    return _extreme("min", values, False)


def _greatest(values: list[Value]) -> Value:
    return _extreme("max", values, True)


def _extreme(name: str, values: list[Value], greatest: bool) -> Value:
    if not values:
        raise Untold(f"{name} called on empty list")
    found = values[0]
    for value in values[1:]:
        if operators.less(found, value) is greatest and not equal(found, value):
            found = value
    return found


def _is_sorted(values: list[Value]) -> bool:
    return all(operators.less_or_equal(left, right) for left, right in pairwise(values))


def _index_of(values: list[Value], wanted: Value) -> int:
    return next((at for at, value in enumerate(values) if equal(value, wanted)), -1)


def _last_index_of(values: list[Value], wanted: Value) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if equal(values[at], wanted)), -1)


def _distinct(values: list[Value]) -> list[Value]:
    texts = {value for value in values if isinstance(value, str)}
    if len(texts) == len(values):
        return values
    if values and all(isinstance(value, str) for value in values):
        return list(dict.fromkeys(values))
    found: list[Value] = []
    if len(values) > 2000:
        raise Untold("distinct takes at most 2000 values that are no strings")
    for value in values:
        if not any(equal(value, other) for other in found):
            found.append(value)
    return found


def _flatten(values: list[Value], depth: int = 1) -> list[Value]:
    if depth < 0:
        raise Untold("level must be non-negative")
    found: list[Value] = []
    for value in values:
        if isinstance(value, list) and depth:
            found += _flatten(value, depth - 1)
        else:
            found.append(value)
        items(found)
    return found


def _slice(values: list[Value], start: int, end: int) -> list[Value]:
    if not 0 <= start <= end <= len(values):
        raise Untold(f"cannot slice({start}, {end}), list is length {len(values)}")
    return values[start:end]


def _sort(values: list[Value]) -> list[Value]:
    if len({type(value) for value in values}) > 1:
        raise Untold("list elements must have the same type")
    return sorted(values)


def _range(count: int) -> list[int]:
    if count > MAX_ITEMS:
        raise Untold("the range is too long")
    return list(range(count))


LISTS = Library(
    "lists",
    {
        "list -> sum(): dyn": _sum,
        "list -> min(): dyn": _least,
        "list -> max(): dyn": _greatest,
        "list -> isSorted(): bool": _is_sorted,
        "list -> indexOf(dyn): int": _index_of,
        "list -> lastIndexOf(dyn): int": _last_index_of,
        "list -> distinct(): list": _distinct,
        "list -> flatten(): list": _flatten,
        "list -> flatten(int): list": _flatten,
        "list -> slice(int, int): list": _slice,
        "list -> sort(): list": _sort,
        "list -> reverse(): list": lambda values: values[::-1],
        "list -> first(): optional": lambda values: Optional(True, values[0]) if values else NONE,
        "list -> last(): optional": lambda values: Optional(True, values[-1]) if values else NONE,
        "lists.range(int): list<int>": _range,
    },
)
