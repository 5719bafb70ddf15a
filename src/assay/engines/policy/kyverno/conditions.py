"""Conditions: ``preconditions`` and ``deny``, with all their operators.

Example: ``{any: [{key: "{{ request.operation }}", operator: AnyIn, value: [CREATE, UPDATE]}]}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from assay.engines.policy import go_durations, wildcards
from assay.engines.policy.kyverno import operators
from assay.engines.policy.queries import values
from assay.engines.policy.queries.versions import is_version, parse
from assay.errors import Malformed

Check = Callable[[Any, Any], bool]


def holds(key: Any, operator: str, value: Any) -> bool:
    """Whether a condition holds, its variables substituted; raises `Malformed` for an unknown operator."""
    check = OPERATORS.get(operator.lower())
    if check is None:
        raise Malformed(f"{operator!r:.40} is no operator of conditions")
    return check(key, value)


def _equal(key: Any, value: Any) -> bool:
    if isinstance(key, bool) or key is None:
        return key is value if isinstance(key, bool) else False
    if isinstance(key, int | float):
        return _number_equal(key, value)
    if isinstance(key, str):
        return _text_equal(key, value)
    return values.equal(key, value) or (isinstance(key, list) and isinstance(value, list) and _like(key, value))


def _like(keys: list[Any], patterns: list[Any]) -> bool:
    """Whether two lists hold the same."""
    return len(keys) == len(patterns) and all(map(values.equal, keys, patterns))


def _number_equal(key: float, value: Any) -> bool:
    if isinstance(value, str):
        if _duration_equal(str(key), value):
            return True
        try:
            return float(value) == key
        except ValueError:
            return False
    return values.is_number(value) and bool(value == key)


def _duration_equal(key: Any, value: Any) -> bool:
    pair = _durations(key, value)
    return pair is not None and pair[0] == pair[1]


def _text_equal(key: str, value: Any) -> bool:
    if _duration_equal(key, value):
        return True
    if (one := operators.quantity_of(key)) is not None and isinstance(value, str):
        return one == operators.quantity_of(value)
    if isinstance(value, str):
        return wildcards.match(value, key)
    return False


def _unequal(key: Any, value: Any) -> bool:
    """What is null is neither equal nor unequal."""
    return key is not None and not _equal(key, value)


def _durations(key: Any, value: Any) -> tuple[int, int] | None:
    """Both as nanoseconds; at least one is a duration, a number is seconds."""
    if not isinstance(key, str) and not isinstance(value, str):
        return None
    found = [_duration(item) for item in (key, value)]
    written = any(isinstance(item, str) and go_durations.parsed(item) is not None for item in (key, value))
    return (found[0], found[1]) if written and found[0] is not None and found[1] is not None else None


def _duration(item: Any) -> int | None:
    if values.is_number(item):
        return int(item * go_durations.SECOND)
    return go_durations.parsed(item) if isinstance(item, str) and item and item != "0" else None


def _ordered(compare: Callable[[Any, Any], bool]) -> Check:
    def check(key: Any, value: Any) -> bool:
        if isinstance(key, bool) or key is None:
            return False
        pair = _comparable(key, value)
        return pair is not None and compare(*pair)

    return check


def _comparable(key: Any, value: Any) -> tuple[Any, Any] | None:
    if (pair := _durations(key, value)) is not None:
        return pair
    if isinstance(key, str) and isinstance(value, str):
        one, other = operators.quantity_of(key), operators.quantity_of(value)
        if one is not None and other is not None:
            return one, other
        return (parse(key), parse(value)) if is_version(key) and is_version(value) else None
    numbers = [_number(item) for item in (key, value)]
    return None if None in numbers else (numbers[0], numbers[1])


def _number(item: Any) -> float | None:
    if values.is_number(item):
        return float(item)
    try:
        return float(item) if isinstance(item, str) else None
    except ValueError:
        return None


def _elapsed(sign: str) -> Check:
    """The deprecated duration operators: both sides are durations or seconds."""
    compare = {">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}

    def check(key: Any, value: Any) -> bool:
        one, other = _duration(key), _duration(value)
        return one is not None and other is not None and compare[sign](one, other)

    return check


def _texts(value: Any) -> list[str] | None:
    """The items that membership is asked for; None for what has none."""
    if isinstance(value, list):
        return [_text(item) for item in value]
    if isinstance(value, str):
        return _listed(value)
    return [_text(value)] if isinstance(value, bool | int | float) else None


def _listed(text: str) -> list[str]:
    """A text that is a JSON list is one."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            return [text]
        if isinstance(found, list):
            return [_text(item) for item in found]
    return [text]


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float) and item == int(item):
        return str(int(item))
    return json.dumps(item, separators=(",", ":"), ensure_ascii=False)


def _one_in(text: str, patterns: list[str]) -> bool:
    return any(wildcards.match(pattern, text) or wildcards.match(text, pattern) for pattern in patterns)


def _member(quantifier: Callable[[Any], bool], negated: bool) -> Check:
    def check(key: Any, value: Any) -> bool:
        keys = key if isinstance(key, list) else [key]
        if isinstance(value, str) and operators.is_range(value):
            return quantifier(operators.holds(item, value) is not negated for item in keys)
        patterns = _texts(value)
        if patterns is None or isinstance(key, dict) or key is None:
            return False
        return quantifier(_one_in(_text(item), patterns) is not negated for item in keys)

    return check


OPERATORS: dict[str, Check] = {
    "equal": _equal,
    "equals": _equal,
    "notequal": _unequal,
    "notequals": _unequal,
    "in": _member(all, False),
    "allin": _member(all, False),
    "anyin": _member(any, False),
    "notin": _member(any, True),
    "allnotin": _member(all, True),
    "anynotin": _member(any, True),
    "greaterthan": _ordered(lambda one, other: one > other),
    "greaterthanorequals": _ordered(lambda one, other: one >= other),
    "lessthan": _ordered(lambda one, other: one < other),
    "lessthanorequals": _ordered(lambda one, other: one <= other),
    "durationgreaterthan": _elapsed(">"),
    "durationgreaterthanorequals": _elapsed(">="),
    "durationlessthan": _elapsed("<"),
    "durationlessthanorequals": _elapsed("<="),
}
