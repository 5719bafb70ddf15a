"""A value against a pattern of Kyverno's that is no map or list, as a condition in CEL."""

from __future__ import annotations

import re
from typing import Any

from assay.engines.policy import go_durations, wildcards
from assay.engines.policy.converting.cel_text import Cel, Kind, every, literal, negated, pattern, quoted, some
from assay.engines.policy.kyverno import operators
from assay.engines.policy.kyverno.operators import Term
from assay.engines.policy.queries.versions import is_version

_HERE = "\x00"
"""Stands for a value until it is known how often it is named."""
_SCALARS = "[string, int, double, bool]"
DURATION = "^[-+]?([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+$"
_INTEGER = re.compile(r"\d{1,15}")
_COMPARED = {"": "==", "!": "!=", ">": ">", "<": "<", ">=": ">=", "<=": "<="}


def holds(value: Cel, wanted: Any, name: str = "v") -> str:
    """Whether `value` is as a scalar pattern says; `name` is free for a variable."""
    if value.optional and value.kind is Kind.TEXT and isinstance(wanted, str):
        return _optional_text(value, wanted)
    text = value.closed()
    if isinstance(wanted, str) and len(text) > 24 and value.kind is not Kind.TEXT:
        inner = _text_holds(_HERE, wanted, value.kind)
        if inner.count(_HERE) == 1:
            return inner.replace(_HERE, text)
        return f"[{text}].exists({name}, {inner.replace(_HERE, name)})"
    return _scalar(text, wanted, value.kind)


def _optional_text(value: Cel, wanted: str) -> str:
    """A field that is a text where it is there at all."""
    found = _text_holds(value.closed("''"), wanted, Kind.TEXT)
    if operators.holds(None, wanted):
        return some((negated(f"{value.text}.hasValue()"), found))
    return every((f"{value.text}.hasValue()", found)) if operators.holds("", wanted) else found


def _scalar(text: str, wanted: Any, kind: Kind) -> str:
    if isinstance(wanted, bool):
        return f"{text} == {literal(wanted)}"
    if isinstance(wanted, int | float):
        return f"{text} in [{literal(wanted)}, {quoted(literal(wanted))}]"
    if wanted is None:
        return f"{text} in [null, false, 0, '']"
    if isinstance(wanted, dict):
        return f"type({text}) == map"
    return _text_holds(text, wanted, kind)


def _text_holds(text: str, wanted: str, kind: Kind) -> str:
    plain = _equal(text, wanted, kind)
    if plain is not None:
        return plain
    return some(every(_part(text, part, kind) for part in alternative) for alternative in operators.parsed(wanted))


def _equal(text: str, wanted: str, kind: Kind) -> str | None:
    """The short form of texts that have no wildcard and are no number."""
    parts = [part.strip(" ") for part in wanted.split("|")]
    if not all(_is_word(part) for part in parts):
        return None
    if len(parts) == 1:
        return f"{text} == {quoted(parts[0])}"
    return f"{text} in {literal(parts)}"


def _is_word(text: str) -> bool:
    signs = text[:1] in ("!", ">", "<") or "&" in text or wildcards.contains(text)
    number = operators.quantity_of(text) is not None or (bool(text) and go_durations.parsed(text) is not None)
    return bool(text) and not signs and not number and not operators.is_range(text) and text not in ("true", "false")


def _part(text: str, part: tuple[tuple[Term, ...], bool], kind: Kind) -> str:
    terms, both = part
    return (every if both else some)(_term(text, term, kind) for term in terms)


def _term(text: str, term: Term, kind: Kind) -> str:
    found = []
    if term.duration is not None:
        found.append(_duration(text, term))
    if term.quantity is not None:
        return some([*found, _quantity(text, term, kind)])
    if term.sign in ("", "!"):
        return some([*found, _like(text, term, kind)])
    return some([*found, _version(text, term)])


def _duration(text: str, term: Term) -> str:
    given = f"type({text}) == string && string({text}).matches({quoted(DURATION)})"
    return f"{given} && duration(string({text})) {_COMPARED[term.sign]} duration({quoted(term.text)})"


def _quantity(text: str, term: Term, kind: Kind) -> str:
    assert term.quantity is not None
    if term.sign == "!":
        same = _quantity(text, term._replace(sign=""), kind)
        return every((negated(same), f"type({text}) in [string, int, double, bool, null_type]"))
    if term.sign == "" and _INTEGER.fullmatch(term.text):
        also = ", null" if term.quantity == 0 else ""
        return f"{text} in [{int(term.text)}, {quoted(term.text)}{also}]"
    number = f"type({text}) in [string, int, double] && isQuantity(string({text}))"
    compared = f"quantity(string({text})).compareTo(quantity({quoted(term.text)})) {_COMPARED[term.sign]} 0"
    absent = f"{text} == null" if operators.holds(None, f"{term.sign}{term.text}") else "false"
    return some((absent, f"{number} && {compared}"))


def _like(text: str, term: Term, kind: Kind) -> str:
    shown = text if kind is Kind.TEXT else f"string({text})"
    if term.text == "*":
        same = "true"
    elif term.text == "?*":
        same = f"{text} != ''"
    elif wildcards.contains(term.text):
        same = f"{shown}.matches({quoted(pattern(term.text))})"
    else:
        same = f"{shown} == {quoted(term.text)}"
    if term.sign == "!":
        same = negated(same)
    if kind is Kind.TEXT:
        return same
    return every((f"type({text}) in {_SCALARS}", same))


def _version(text: str, term: Term) -> str:
    if not is_version(term.text):
        return "false"
    given = f"type({text}) == string && isSemver(string({text}), true)"
    return (
        f"{given} && semver(string({text}), true).compareTo(semver({quoted(term.text)}, true)) {_COMPARED[term.sign]} 0"
    )
