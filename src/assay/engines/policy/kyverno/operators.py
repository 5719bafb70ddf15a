"""A value against a pattern that is no map or list: operators, ranges, quantities, durations, wildcards.

Examples: ``"?*"``, ``">=1.5Gi & <4Gi"``, ``"!*:latest"``, ``"10-20"``, ``"1h !- 2h"``, ``"<10 | 100"``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from assay.engines.policy import go_durations, quantity, wildcards
from assay.engines.policy.queries.versions import is_version, satisfies
from assay.errors import AssayError

_NUMBER = r"([-|+]?\d+(?:\.\d+)?[A-Za-z]*)"
_IN_RANGE = re.compile(rf"{_NUMBER}\s*-\s*{_NUMBER}")
_NOT_IN_RANGE = re.compile(rf"{_NUMBER}\s*!-\s*{_NUMBER}")
_SIGNS = (">=", "<=", ">", "<", "!")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda one, other: one == other,
    "!": lambda one, other: one != other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}


class Term(NamedTuple):
    """One comparison: the sign, the text to compare with, and what that is as duration and quantity."""

    sign: str
    text: str
    duration: int | None
    quantity: Fraction | None


def holds(value: Any, pattern: Any) -> bool:
    """Whether `value` is as `pattern` says; a map asks for any map, a list for nothing that there is."""
    if isinstance(pattern, bool):
        return value is pattern
    if isinstance(pattern, int | float):
        return _same_number(value, pattern)
    if pattern is None:
        return value is None or value is False or (not isinstance(value, dict | list) and value in (0, ""))
    if isinstance(pattern, dict):
        return isinstance(value, dict)
    return isinstance(pattern, str) and _text_holds(value, pattern)


def _same_number(value: Any, pattern: float) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        try:
            value = int(value) if isinstance(pattern, int) else float(value)
        except ValueError:
            return False
    return isinstance(value, int | float) and bool(value == pattern)


def _text_holds(value: Any, pattern: str) -> bool:
    if isinstance(value, str) and value == pattern:
        return True
    if isinstance(value, dict | list):
        return False
    return any(all(_any_term(value, terms) for terms in alternative) for alternative in parsed(pattern))


def _any_term(value: Any, terms: tuple[tuple[Term, ...], bool]) -> bool:
    """A range is two terms of which both must hold, or, outside of it, one."""
    compared, both = terms
    return (all if both else any)(_term_holds(value, term) for term in compared)


@lru_cache(8192)
def parsed(pattern: str) -> tuple[tuple[tuple[tuple[Term, ...], bool], ...], ...]:
    """Alternatives (``|``) of parts (``&``)."""
    return tuple(tuple(_part(part.strip(" ")) for part in each.strip(" ").split("&")) for each in pattern.split("|"))


def is_range(text: str) -> bool:
    """Whether `text` is a range, ``1-10`` or ``1!-10``."""
    return _IN_RANGE.fullmatch(text) is not None or _NOT_IN_RANGE.fullmatch(text) is not None


def _part(text: str) -> tuple[tuple[Term, ...], bool]:
    if match := _NOT_IN_RANGE.fullmatch(text):
        return (_term("<", match[1]), _term(">", match[2])), False
    if match := _IN_RANGE.fullmatch(text):
        return (_term(">=", match[1]), _term("<=", match[2])), True
    sign = next((sign for sign in _SIGNS if text.startswith(sign)), "")
    return (_term(sign, text[len(sign) :].strip()),), True


def _term(sign: str, text: str) -> Term:
    return Term(sign, text, go_durations.parsed(text) if text else None, quantity_of(text))


def quantity_of(text: str) -> Fraction | None:
    """The number that a quantity stands for, None for what is none."""
    return quantity.parse(text) if quantity.is_quantity(text) else None


def _term_holds(value: Any, term: Term) -> bool:
    compare = _ORDER[term.sign]
    if term.duration is not None and isinstance(value, str) and value:
        given = go_durations.parsed(value)
        if given is not None and compare(given, term.duration):
            return True
    if term.quantity is not None:
        number = _quantity_value(value)
        if number is not None:
            if compare(number, term.quantity):
                return True
            if term.sign == "":
                return _like(value, term)
            if term.sign != "!":
                return False
    if term.sign in ("", "!"):
        return _like(value, term)
    return _version_holds(value, term)


def _version_holds(value: Any, term: Term) -> bool:
    if not isinstance(value, str) or not is_version(value) or not is_version(term.text):
        return False
    try:
        return satisfies(value, f"{term.sign}{term.text}")
    except AssayError:
        return False


def _quantity_value(value: Any) -> Fraction | None:
    if value is None:
        return Fraction(0)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Fraction(f"{value:f}") if isinstance(value, float) else Fraction(value)
    return quantity_of(value) if isinstance(value, str) else None


def _like(value: Any, term: Term) -> bool:
    text = shown(value)
    if text is None:
        return False
    found = wildcards.match(term.text, text)
    return found if term.sign == "" else not found


def shown(value: Any) -> str | None:
    """A scalar as a pattern sees it; None for what has no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _scientific(value)
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) else None


def _scientific(value: float) -> str:
    """As Go's ``strconv.FormatFloat(value, 'E', -1, 64)``."""
    mantissa, _, exponent = f"{value:.17E}".partition("E")
    short = repr(value)
    digits = short.replace(".", "").replace("-", "").lstrip("0").rstrip("0") if "e" not in short else ""
    if digits:
        sign = "-" if value < 0 else ""
        mantissa = sign + digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}E{exponent}"
