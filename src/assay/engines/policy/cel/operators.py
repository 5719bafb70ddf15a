"""The operators of CEL (cel-spec, "List of Standard Definitions"), on values as `values` has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.frame import MAX_TEXT, items, text
from assay.engines.policy.cel.values import Opaque, Optional, UInt, Value, equal, unsigned, whole

_ORDERED = frozenset((str, bytes, bool, datetime, timedelta))
_NUMBERS = frozenset((int, float, UInt))


def add(left: Value, right: Value) -> Value:
    """``+``: of numbers, texts, bytes, lists, and times with durations."""
    one, other = type(left), type(right)
    if one is other:
        if one is int:
            return whole(left + right)
        if one is str:
            return text(left + right)
        if one is list:
            return items(left + right)
        if one is float:
            return left + right
        if one is UInt:
            return unsigned(int(left) + int(right))
        if one is bytes and len(left) + len(right) <= MAX_TEXT:
            return left + right
    if {one, other} in ({timedelta}, {datetime, timedelta}):
        return _time(lambda: left + right)
    raise no_overload("_+_", left, right)


def subtract(left: Value, right: Value) -> Value:
    """``-``: of numbers and times."""
    one, other = type(left), type(right)
    if one is other:
        if one is int:
            return whole(left - right)
        if one is float:
            return left - right
        if one is UInt:
            return unsigned(int(left) - int(right))
    if one in (datetime, timedelta) and (other is timedelta or one is other):
        return _time(lambda: left - right)
    raise no_overload("_-_", left, right)


def _time(operation: Callable[[], Value]) -> Value:
    try:
        return operation()
    except OverflowError:
        raise Untold("timestamp or duration overflow") from None


def multiply(left: Value, right: Value) -> Value:
    """``*``: of numbers of one type."""
    if type(left) is type(right):
        if type(left) is int:
            return whole(left * right)
        if type(left) is float:
            return left * right
        if type(left) is UInt:
            return unsigned(int(left) * int(right))
    raise no_overload("_*_", left, right)


def divide(left: Value, right: Value) -> Value:
    """``/``: of integers towards zero."""
    if type(left) is type(right):
        if type(left) is float:
            return _quotient(left, right)
        if type(left) in (int, UInt):
            found = _whole_quotient(int(left), int(right))
            return whole(found) if type(left) is int else unsigned(found)
    raise no_overload("_/_", left, right)


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _whole_quotient(left: int, right: int) -> int:
    if not right:
        raise Untold("division by zero")
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def remainder(left: Value, right: Value) -> Value:
    """``%``: of integers, with the sign of the left one."""
    if type(left) is type(right) and type(left) in (int, UInt):
        if not right:
            raise Untold("modulus by zero")
        found = int(math.copysign(abs(left) % abs(right), left)) if abs(left) < 2**53 else _remainder(left, right)
        return found if type(left) is int else UInt(found)
    raise no_overload("_%_", left, right)


def _remainder(left: int, right: int) -> int:
    return int(left) - int(right) * _whole_quotient(int(left), int(right))


def negate(value: Value) -> Value:
    """``-x``."""
    if type(value) is int:
        return whole(-value)
    if type(value) in (float, timedelta):
        return -value
    raise no_overload("-_", value)


def _comparison(name: str, compare: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    def operator(left: Value, right: Value) -> bool:
        one, other = type(left), type(right)
        if (one in _NUMBERS and other in _NUMBERS) or (one is other and one in _ORDERED):
            return compare(left, right)
        raise no_overload(name, left, right)

    return operator


less = _comparison("_<_", lambda left, right: left < right)
less_or_equal = _comparison("_<=_", lambda left, right: left <= right)
greater = _comparison("_>_", lambda left, right: left > right)
greater_or_equal = _comparison("_>=_", lambda left, right: left >= right)


def differs(left: Value, right: Value) -> bool:
    """``!=``."""
    return not equal(left, right)


def contained(item: Value, container: Value) -> bool:
    """``in``: an item of a list, a key of a map."""
    if type(container) is list:
        if type(item) is str:
            return item in container
        return any(equal(item, other) for other in container)
    if type(container) is dict:
        return _key_of(container, item)
    if isinstance(container, Opaque) and isinstance(item, str):
        return container.has(item)
    raise no_overload("@in", item, container)


def _key_of(container: dict[Value, Value], key: Value) -> bool:
    if type(key) is str:
        return key in container
    if type(key) in (bool, int, UInt, float):
        return any(equal(key, other) for other in container)
    raise no_overload("@in", key, container)


def index(container: Value, key: Value) -> Value:
    """``container[key]``."""
    if type(container) is dict:
        if type(key) is str:
            try:
                return container[key]
            except KeyError:
                raise Untold(f"no such key: {key:.200}") from None
        return _keyed(container, key)
    if type(container) is list:
        return _item(container, key)
    if isinstance(container, Optional):
        return optional_index(container, key)
    if isinstance(container, Opaque) and isinstance(key, str):
        return container.select(key)
    raise no_overload("_[_]", container, key)


def _keyed(container: dict[Value, Value], key: Value) -> Value:
    for other, value in container.items():
        if equal(key, other):
            return value
    raise Untold(f"no such key: {key!r:.200}")


def _item(container: list[Value], key: Value) -> Value:
    at = int(key) if type(key) is float and key.is_integer() else key
    if type(at) not in (int, UInt):
        raise no_overload("_[_]", container, key)
    if not 0 <= at < len(container):
        raise Untold(f"index out of bounds: {at}")
    return container[at]


def optional_index(container: Value, key: Value) -> Optional:
    """``container[?key]``, and ``container.?key``."""
    if isinstance(container, Optional):
        return optional_index(container.value, key) if container.present else container
    if type(container) not in (dict, list) and not isinstance(container, Opaque):
        return Optional(False)  # also of null, as cel-go has it
    try:
        return Optional(True, index(container, key))
    except Untold as error:
        if str(error).startswith(("no such key", "index out", "no such attribute")):
            return Optional(False)
        raise
