"""Optional values (cel-go's `cel.OptionalTypes`); the syntax ``a.?b`` is an operator."""

from __future__ import annotations

from datetime import timedelta

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import NONE, Optional, Value


def _value(optional: Optional) -> Value:
    if not optional.present:
        raise Untold("optional.none() dereference")
    return optional.value


def _of_non_zero(value: Value) -> Optional:
    empty = value is None or value is False or value in (0, "", b"", [], {}, timedelta())
    return NONE if empty else Optional(True, value)


def _unwrap(values: list[Value]) -> list[Value]:
    if not all(isinstance(value, Optional) for value in values):
        raise Untold("unwrap takes a list of optionals")
    return [value.value for value in values if value.present]


OPTIONALS = Library(
    "optionals",
    {
        "optional.of(dyn): optional": lambda value: Optional(True, value),
        "optional.none(): optional": lambda: NONE,
        "optional.ofNonZeroValue(dyn): optional": _of_non_zero,
        "optional.unwrap(list): list": _unwrap,
        "list -> unwrapOpt(): list": _unwrap,
        "optional -> hasValue(): bool": lambda optional: optional.present,
        "optional -> value(): dyn": _value,
        "optional -> orValue(dyn): dyn": lambda optional, other: optional.value if optional.present else other,
        "optional -> or(optional): optional": lambda optional, other: optional if optional.present else other,
    },
)
