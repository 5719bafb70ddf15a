"""Quantities of Kubernetes (apimachinery ``resource.Quantity``): ``100m``, ``1.5Gi``, ``2e3``, exact.

Example: ``parse("1Ki") == parse("1024")``.
"""

from __future__ import annotations

import re
from fractions import Fraction

from assay.errors import Malformed

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60}))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?"
)
_POWERS = {
    **{unit: Fraction(1000) ** power for unit, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


def parse(text: str) -> Fraction:
    """The number; raises `Malformed` for what is no quantity."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise Malformed(f"{text!r:.80} is no quantity", "write a number with a suffix such as m, k, Mi")
    number, suffix, exponent = found.groups()
    value = Fraction(number.rstrip(".") if number.endswith(".") else number)
    if suffix:
        return value * _POWERS[suffix]
    return value * Fraction(10) ** int(exponent) if exponent else value


def is_quantity(text: str) -> bool:
    """Whether `parse` reads it."""
    return _QUANTITY.fullmatch(text) is not None


def canonical(value: Fraction, binary: bool = False) -> str:
    """The shortest text of `value` with a suffix: powers of 1024 or of 1000, as Kubernetes writes it back."""
    if binary and value.denominator == 1 and abs(value) >= 1024:
        for unit in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
            if (value / _POWERS[unit]).denominator == 1:
                return f"{value / _POWERS[unit]}{unit}"
    for unit in ("E", "P", "T", "G", "M", "k", "", "m", "u", "n"):
        scaled = value / _POWERS.get(unit, Fraction(1))
        if scaled.denominator == 1 and (value or not unit):
            return f"{scaled}{unit}"
    return f"{-(-value // _POWERS['n'])}n"
