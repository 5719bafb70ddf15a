"""Quantities (k8s.io/apiserver/pkg/cel/library/quantity.go)."""

from __future__ import annotations

from fractions import Fraction

from assay.engines.policy import quantity
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import HIGHEST, LOWEST, Opaque
from assay.errors import Malformed

_Q = "kubernetes.Quantity"


class Quantity(Opaque):
    """A quantity; two are equal if their numbers are."""

    cel_type = _Q
    __slots__ = ("binary", "number")

    def __init__(self, number: Fraction, binary: bool = False) -> None:
        self.number, self.binary = number, binary

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def text(self) -> str:
        """As Kubernetes writes it."""
        return quantity.canonical(self.number, self.binary)

    plain = text


def _quantity(text: str) -> Quantity:
    try:
        return Quantity(quantity.parse(text), text.endswith("i"))
    except Malformed as error:
        raise Untold(str(error)) from error


def _as_integer(value: Quantity) -> int:
    if not _is_integer(value):
        raise Untold("cannot convert value to integer")
    return int(value.number)


def _is_integer(value: Quantity) -> bool:
    return value.number.denominator == 1 and LOWEST <= value.number <= HIGHEST


def _compare(one: Quantity, other: Quantity) -> int:
    return (one.number > other.number) - (one.number < other.number)


QUANTITY = Library(
    "quantity",
    {
        f"quantity(string): {_Q}": _quantity,
        "isQuantity(string): bool": quantity.is_quantity,
        f"{_Q} -> sign(): int": lambda value: (value.number > 0) - (value.number < 0),
        f"{_Q} -> isInteger(): bool": _is_integer,
        f"{_Q} -> asInteger(): int": _as_integer,
        f"{_Q} -> asApproximateFloat(): double": lambda value: float(value.number),
        f"{_Q} -> isGreaterThan({_Q}): bool": lambda one, other: one.number > other.number,
        f"{_Q} -> isLessThan({_Q}): bool": lambda one, other: one.number < other.number,
        f"{_Q} -> compareTo({_Q}): int": _compare,
        f"{_Q} -> add({_Q}): {_Q}": lambda one, other: Quantity(one.number + other.number, one.binary),
        f"{_Q} -> add(int): {_Q}": lambda one, other: Quantity(one.number + other, one.binary),
        f"{_Q} -> sub({_Q}): {_Q}": lambda one, other: Quantity(one.number - other.number, one.binary),
        f"{_Q} -> sub(int): {_Q}": lambda one, other: Quantity(one.number - other, one.binary),
    },
)
