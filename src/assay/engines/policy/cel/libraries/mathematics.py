"""Numbers (cel-go's `ext.Math`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from assay.engines.policy.cel import operators
from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import UInt, Value, unsigned, whole

_MOST = 12
"""Arguments of ``math.greatest``."""
_SHIFT = 64


def _extreme(greatest: bool) -> Callable[..., Value]:
    def find(*given: Value) -> Value:
        values = given[0] if len(given) == 1 and isinstance(given[0], list) else list(given)
        if not values:
            raise Untold("math.greatest and math.least need an argument")
        found = values[0]
        for value in values:
            if operators.greater(value, found) if greatest else operators.less(value, found):
                found = value
        return found

    return find


def _rounded(value: float) -> float:
    """Half away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value) if math.isfinite(value) else value


def _finite(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _absolute(value: Value) -> Value:
    return whole(abs(value)) if type(value) is int else abs(value) if type(value) is float else value


def _sign(value: Value) -> Value:
    if type(value) is float and math.isnan(value):
        return value
    return type(value)((value > 0) - (value < 0))


def _number(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def apply(value: Value) -> Value:
        if type(value) not in (int, float, UInt):
            raise no_overload("math", value)
        return function(value)

    return apply


def _shifted(left: bool) -> Callable[[Any, int], Any]:
    def shift(value: Any, by: int) -> Any:
        if by < 0:
            raise Untold("a shift must not be negative")
        bits = int(value) % 2**_SHIFT
        found = 0 if by >= _SHIFT else (bits << by) % 2**_SHIFT if left else bits >> by
        if isinstance(value, UInt):
            return unsigned(found)
        return found - 2**_SHIFT if found >= 2 ** (_SHIFT - 1) else found

    return shift


def _bits(name: str, function: Callable[[int, int], int]) -> dict[str, Callable[..., Value]]:
    return {
        f"math.{name}(int, int): int": function,
        f"math.{name}(uint, uint): uint": lambda one, other: UInt(function(int(one), int(other))),
    }


MATHEMATICS = Library(
    "mathematics",
    {
        **{f"math.greatest({', '.join(['dyn'] * count)}): dyn": _extreme(True) for count in range(1, _MOST)},
        **{f"math.least({', '.join(['dyn'] * count)}): dyn": _extreme(False) for count in range(1, _MOST)},
        "math.ceil(double): double": _finite(math.ceil),
        "math.floor(double): double": _finite(math.floor),
        "math.trunc(double): double": _finite(math.trunc),
        "math.round(double): double": _rounded,
        "math.abs(dyn): dyn": _number(_absolute),
        "math.sign(dyn): dyn": _number(_sign),
        "math.sqrt(dyn): double": _number(lambda value: math.sqrt(value) if value >= 0 else math.nan),
        "math.isNaN(double): bool": math.isnan,
        "math.isInf(double): bool": math.isinf,
        "math.isFinite(double): bool": math.isfinite,
        **_bits("bitAnd", lambda one, other: one & other),
        **_bits("bitOr", lambda one, other: one | other),
        **_bits("bitXor", lambda one, other: one ^ other),
        "math.bitNot(int): int": lambda value: ~value,
        "math.bitNot(uint): uint": lambda value: unsigned(2**_SHIFT - 1 - value),
        "math.bitShiftLeft(int, int): int": _shifted(True),
        "math.bitShiftLeft(uint, int): uint": _shifted(True),
        "math.bitShiftRight(int, int): int": _shifted(False),
        "math.bitShiftRight(uint, int): uint": _shifted(False),
    },
)
