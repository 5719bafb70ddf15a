"""What all of a query agree upon: truth, equality, order and kinds of JSON values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def is_false(value: Any) -> bool:
    """Whether it counts as false: null, false, and what is empty."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON, where true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    return lambda one, other: compare(one, other) if is_number(one) and is_number(other) else None


COMPARATORS: dict[str, Callable[[Any, Any], bool | None]] = {
    "eq": equal,
    "ne": lambda one, other: not equal(one, other),
    "lt": _ordered(lambda one, other: one < other),
    "lte": _ordered(lambda one, other: one <= other),
    "gt": _ordered(lambda one, other: one > other),
    "gte": _ordered(lambda one, other: one >= other),
}


def kind(value: Any) -> str:
    """The name that ``type()`` gives."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "expref" if callable(value) else "object"
