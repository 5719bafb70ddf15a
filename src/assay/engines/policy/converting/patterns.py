"""``validate.pattern`` as a condition in CEL, with its anchors.

A pattern answers in three ways: the object is as it says, it is not, or the pattern does not ask it of this object.
In CEL these are two conditions: `Verdict.ok` for the first, `Verdict.allowed` for the first and the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from assay.engines.policy import wildcards
from assay.engines.policy.converting import terms
from assay.engines.policy.converting.cel_text import Cel, Kind, every, negated, pattern, quoted, some, wrapped
from assay.engines.policy.converting.losses import unsayable
from assay.engines.policy.converting.queries import Queries, has_variables, select
from assay.engines.policy.kyverno import operators
from assay.engines.policy.kyverno.anchors import Anchor, parse

_LISTS = frozenset(("command", "add", "drop"))


class Verdict(NamedTuple):
    """The two conditions; they are the same where nothing is left out."""

    ok: str
    allowed: str


def verdict(queries: Queries, item: Cel, wanted: Any) -> Verdict:
    """Of a whole pattern; raises `Unsayable`."""
    return _element(queries, item, wanted, "")


def _sure(condition: str) -> Verdict:
    return Verdict(condition, condition)


def _element(queries: Queries, item: Cel, wanted: Any, name: str) -> Verdict:
    if isinstance(wanted, dict):
        return _map(queries, item, wanted)
    if isinstance(wanted, list):
        return _list(queries, item, wanted)
    if has_variables(wanted):
        found = queries.text(wanted)
        queries.notes.lose("pattern", f"{wanted!r:.60} is compared as a text: operators in its value are not read")
        return _sure(f"string({item.closed(chr(39) * 2)}) == {wrapped(_string(found))}")
    if name in _LISTS or (name.endswith("s") and item.kind is Kind.ANY and not isinstance(wanted, bool)):
        each = queries.fresh("e")
        inner = terms.holds(Cel(each), wanted, queries.fresh("v"))
        text = item.closed()
        return _sure(f"(type({text}) == list ? {text}.all({each}, {inner}) : {_scalar(queries, item, wanted)})")
    return _sure(_scalar(queries, item, wanted))


def _string(found: Cel) -> str:
    return found.closed("''") if found.kind is Kind.TEXT else f"string({found.closed()})"


def _scalar(queries: Queries, item: Cel, wanted: Any) -> str:
    return terms.holds(item, wanted, queries.fresh("v"))


def there(item: Cel) -> str:
    """Whether a field is there at all."""
    if item.text in ("object.metadata", "oldObject.metadata"):
        return f"has({item.text})"  # a template of pods may have none
    return f"{item.text}.hasValue()" if item.optional else "true"


def _value(item: Cel) -> str:
    return f"{item.text}.value()" if item.optional else item.text


def _map(queries: Queries, item: Cel, wanted: dict[str, Any]) -> Verdict:
    anchored, fields, sure = [], [], False
    for key, value in wanted.items():
        anchor, name = parse(key)
        if anchor is Anchor.ADD_IF_ABSENT:
            unsayable(f"the anchor +() at {name}")
        if wildcards.contains(name):
            anchored.append(_globbed(queries, item, anchor, name, value))
        elif anchor is Anchor.NONE:
            fields.append((name, value))
            sure = sure or not _takes_nothing(value)
        else:
            anchored.append(_anchored(queries, select(item, name, True), anchor, value, name))
    fields.sort(key=lambda field: not _has_anchors(field[1]))
    parts = [*anchored, *(_field(queries, select(item, name, True), value, name) for name, value in fields)]
    if anchored or not sure or item.text.endswith("bject.metadata"):
        parts = [_sure(there(item)), *parts]
    return _sequence(parts)


def _takes_nothing(value: Any) -> bool:
    """Whether a field may be absent under this pattern."""
    return (
        not isinstance(value, dict | list)
        and value != "*"
        and not has_variables(value)
        and operators.holds(None, value)
    )


def _has_anchors(value: Any) -> bool:
    if isinstance(value, dict):
        wanted = (Anchor.CONDITION, Anchor.GLOBAL, Anchor.EXISTENCE)
        return any(parse(key).anchor in wanted or _has_anchors(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_anchors, value))


def _field(queries: Queries, item: Cel, value: Any, name: str) -> Verdict:
    return _sure(there(item)) if value == "*" else _element(queries, item, value, name)


def _anchored(queries: Queries, item: Cel, anchor: Anchor, value: Any, name: str) -> Verdict:
    if anchor is Anchor.NEGATION:
        return _sure(negated(there(item)))
    if anchor is Anchor.EXISTENCE:
        return _exists(queries, item, value)
    if anchor is Anchor.EQUALITY and isinstance(value, list) and value and not isinstance(value[0], list):
        return _each(queries, item.closed("[]"), value[0])
    found = _element(queries, item, value, name)
    absent = negated(there(item))
    if anchor is Anchor.CONDITION:
        needs = isinstance(value, dict | list) or _takes_nothing(value)
        return Verdict(every((there(item), found.ok)) if needs else found.ok, "true")
    if anchor is Anchor.GLOBAL:
        return Verdict(some((absent, found.ok)), "true")
    return Verdict(some((absent, found.ok)), some((absent, found.allowed)))


def _exists(queries: Queries, item: Cel, value: Any) -> Verdict:
    if not isinstance(value, list):
        unsayable("the anchor ^() on what is no list")
    found = []
    for wanted in value:
        each = queries.fresh("e")
        found.append(f"{_value(item)}.exists({each}, {_element(queries, Cel(each), wanted, '').ok})")
    return _sure(some((negated(there(item)), every(found))))


def _sequence(parts: Sequence[Verdict]) -> Verdict:
    """The first part that is not met decides: a fault, or that nothing is asked."""
    ok = every(part.ok for part in parts)
    allowed = "true"
    for part in reversed(parts):
        if part.ok == part.allowed:
            allowed = every((part.ok, allowed))
        elif part.allowed == "true":
            allowed = some((negated(part.ok), allowed))
        else:
            allowed = some((every((part.allowed, negated(part.ok))), every((part.ok, allowed))))
    return Verdict(ok, ok if all(part.ok == part.allowed for part in parts) else allowed)


def _list(queries: Queries, item: Cel, wanted: list[Any]) -> Verdict:
    if not wanted or isinstance(wanted[0], list):
        unsayable("a pattern of lists in lists, or an empty one")
    found = _each(queries, _value(item), wanted[0])
    given = there(item)
    return Verdict(every((given, found.ok)), every((given, found.allowed)))


def _each(queries: Queries, items: str, wanted: Any) -> Verdict:
    name = queries.fresh("e")
    found = _element(queries, Cel(name), wanted, "")
    allowed = f"{items}.all({name}, {found.allowed})"
    if found.ok == found.allowed:
        return _sure(allowed)
    met = some((f"size({items}) == 0", f"{items}.exists({name}, {found.ok})"))
    return Verdict(every((allowed, met)), allowed if found.allowed != "true" else "true")


def _globbed(queries: Queries, item: Cel, anchor: Anchor, name: str, value: Any) -> Verdict:
    """A key of labels or annotations with wildcards: some key that there is, and its value."""
    if (
        isinstance(value, dict | list)
        or has_variables(value)
        or anchor not in (Anchor.NONE, Anchor.NEGATION, Anchor.EQUALITY)
    ):
        unsayable(f"the key {name!r:.60} with wildcards and such a value")
    key, held = queries.fresh("k"), item.closed("{}")
    takes = f"{key}.matches({quoted(pattern(name))})"
    if anchor is Anchor.NEGATION:
        return _sure(f"!{held}.exists({key}, {takes})")
    inner = "true" if value == "*" else terms.holds(Cel(f"{held}[{key}]"), value, queries.fresh("v"))
    if anchor is Anchor.EQUALITY:
        return _sure(f"{held}.all({key}, {some((negated(takes), inner))})")
    return _sure(f"{held}.exists({key}, {every((takes, inner))})")
