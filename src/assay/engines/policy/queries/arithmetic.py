"""Arithmetic of queries: numbers, quantities (``100Mi``) and durations (``1h``), each with its like.

A quantity or duration may be multiplied and divided by a number; the quotient of two of a kind is a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from assay.engines.policy import go_durations, quantity
from assay.engines.policy.queries.faults import BadQuery

Answer = str | int | float


@dataclass(frozen=True, slots=True)
class _Quantity:
    value: Fraction
    binary: bool

    def __str__(self) -> str:
        return quantity.canonical(self.value, self.binary)


@dataclass(frozen=True, slots=True)
class _Duration:
    value: int

    def __str__(self) -> str:
        return go_durations.text_of(self.value)


Operand = float | _Quantity | _Duration


def _operand(value: object, function: str) -> Operand:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        if quantity.is_quantity(value):
            return _Quantity(quantity.parse(value), value.endswith("i"))
        if (nanoseconds := go_durations.parsed(value)) is not None:
            return _Duration(nanoseconds)
    raise BadQuery(f"{function}: {value!r:.80} is no number, quantity or duration")


def number(value: float) -> Answer:
    """A number without a fraction is whole."""
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 1 << 53 else value


def _result(value: Operand) -> Answer:
    return number(value) if isinstance(value, float) else str(value)


def add(one: object, other: object) -> Answer:
    """``add(a, b)``."""
    return _result(_summed(_operand(one, "add"), _operand(other, "add"), "add", 1))


def subtract(one: object, other: object) -> Answer:
    """``subtract(a, b)``."""
    return _result(_summed(_operand(one, "subtract"), _operand(other, "subtract"), "subtract", -1))


def total(items: list[object]) -> Answer:
    """``sum(list)``; raises `BadQuery` for an empty one."""
    if not items:
        raise BadQuery("sum: at least one element is wanted")
    result = _operand(items[0], "sum")
    for item in items[1:]:
        result = _summed(result, _operand(item, "sum"), "sum", 1)
    return _result(result)


def _summed(one: Operand, other: Operand, function: str, sign: int) -> Operand:
    if isinstance(one, float) and isinstance(other, float):
        return one + sign * other
    if isinstance(one, _Quantity) and isinstance(other, _Quantity):
        return _Quantity(one.value + sign * other.value, one.binary)
    if isinstance(one, _Duration) and isinstance(other, _Duration):
        return _Duration(one.value + sign * other.value)
    raise _mixed(function)


def _mixed(function: str) -> BadQuery:
    return BadQuery(f"{function}: types of the operands do not go together")


def multiply(one: object, other: object) -> Answer:
    """``multiply(a, b)``."""
    left, right = _operand(one, "multiply"), _operand(other, "multiply")
    if isinstance(left, float) and not isinstance(right, float):
        left, right = right, left
    if not isinstance(right, float):
        raise _mixed("multiply")
    if isinstance(left, _Quantity):
        return str(_Quantity(left.value * _exact(right), left.binary))
    if isinstance(left, _Duration):
        return str(_Duration(int(left.value * _exact(right))))
    return number(left * right)


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))


def divide(one: object, other: object) -> Answer:
    """``divide(a, b)``."""
    left, right = _operand(one, "divide"), _operand(other, "divide")
    if (right if isinstance(right, float) else right.value) == 0:
        raise BadQuery("divide: the divisor is zero")
    if isinstance(left, float) and isinstance(right, float):
        return number(left / right)
    if isinstance(left, _Quantity):
        if isinstance(right, _Quantity):
            return number(float(left.value / right.value))
        if isinstance(right, float):
            return str(_Quantity(_rounded_down(left.value / _exact(right), left.value, right), left.binary))
    if isinstance(left, _Duration):
        if isinstance(right, _Duration):
            return number(left.value / right.value)
        if isinstance(right, float):
            return str(_Duration(int(left.value / _exact(right))))
    raise _mixed("divide")


def _rounded_down(value: Fraction, dividend: Fraction, divisor: float) -> Fraction:
    """Towards zero at the decimals that the operands have."""
    scale = max(_decimals(dividend), _decimals(_exact(divisor)))
    return Fraction(int(value * 10**scale), 10**scale)


def _decimals(value: Fraction) -> int:
    return next((count for count in range(30) if (value * 10**count).denominator == 1), 30)


def modulo(one: object, other: object) -> Answer:
    """``modulo(a, b)``, with the sign of `one`."""
    left, right = _operand(one, "modulo"), _operand(other, "modulo")
    if isinstance(left, _Duration) and isinstance(right, _Duration):
        return str(_Duration(_remainder(left.value, right.value)))
    if isinstance(left, _Quantity) and isinstance(right, _Quantity):
        return str(_Quantity(Fraction(_remainder(_whole(left.value), _whole(right.value))), left.binary))
    if isinstance(left, float) and isinstance(right, float):
        return _remainder(_whole(_exact(left)), _whole(_exact(right)))
    raise _mixed("modulo")


def _whole(value: Fraction) -> int:
    if value.denominator != 1:
        raise BadQuery("modulo: only whole numbers have one")
    return int(value)


def _remainder(one: int, other: int) -> int:
    if other == 0:
        raise BadQuery("modulo: the divisor is zero")
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest
