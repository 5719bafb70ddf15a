"""Schemas of CRDs (apiextensions.k8s.io/v1 JSONSchemaProps), as far as they judge values: a constraint's parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assay.errors import Malformed
from assay.model.policy import Object

MAX_DEPTH = 60
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool) and (isinstance(value, int) or _whole(value)),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


class SchemaFault(Malformed):
    """A constraint that its template's schema does not allow."""


def problems(schema: Any, value: Any, place: str, depth: int = 0) -> Iterator[str]:
    """What is wrong with `value`, each with its place."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    if value is None and schema.get("nullable") is True:
        return
    if (fault := _type(schema, value)) is not None:
        yield f"{place}: {fault}"
        return
    yield from _choices(schema, value, place)
    yield from _combined(schema, value, place, depth)
    match value:
        case dict():
            yield from _object(schema, value, place, depth)
        case list():
            yield from _array(schema, value, place, depth)
        case str():
            yield from _string(schema, value, place)
        case int() | float() if not isinstance(value, bool):
            yield from _number(schema, value, place)


def unknown(schema: Any, value: Any, place: str, depth: int = 0) -> Iterator[str]:
    """The fields of `value` that `schema` does not name, and that an API server would drop."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH or schema.get("x-kubernetes-preserve-unknown-fields") is True:
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from unknown(schema.get("items"), item, f"{place}[{number}]", depth + 1)
    if not isinstance(value, dict) or schema.get("additionalProperties") is not None:
        return
    known = schema.get("properties") or {}
    for name, item in value.items():
        if name in known:
            yield from unknown(known[name], item, f"{place}.{name}", depth + 1)
        elif known or schema.get("type") == "object":
            yield f"{place}.{name}"


def _whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _type(schema: Object, value: Any) -> str | None:
    if schema.get("x-kubernetes-int-or-string") is True:
        fits = isinstance(value, str) or _TYPES["integer"](value)
        return None if fits else f"neither a whole number nor a text but {_name(value)}"
    wanted = schema.get("type")
    if not isinstance(wanted, str) or wanted not in _TYPES or _TYPES[wanted](value):
        return None
    return f"must be {wanted}, not {_name(value)}"


def _name(value: Any) -> str:
    return next((name for name, fits in _TYPES.items() if fits(value)), type(value).__name__)


def _choices(schema: Object, value: Any, place: str) -> Iterator[str]:
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_same(value, choice) for choice in choices):
        yield f"{place}: {json.dumps(value)[:80]} is none of {json.dumps(choices)[:200]}"


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _combined(schema: Object, value: Any, place: str, depth: int) -> Iterator[str]:
    for part in _list(schema, "allOf"):
        yield from problems(part, value, place, depth + 1)
    if (some := _list(schema, "anyOf")) and all(any(problems(part, value, place, depth + 1)) for part in some):
        yield f"{place}: fits none of anyOf"
    one = [part for part in _list(schema, "oneOf") if not any(problems(part, value, place, depth + 1))]
    if schema.get("oneOf") and len(one) != 1:
        yield f"{place}: fits {len(one)} of oneOf, not one"
    if isinstance(schema.get("not"), dict) and not any(problems(schema["not"], value, place, depth + 1)):
        yield f"{place}: is what it must not be"


def _list(schema: Object, name: str) -> list[Any]:
    found = schema.get(name)
    return found if isinstance(found, list) else []


def _object(schema: Object, value: Object, place: str, depth: int) -> Iterator[str]:
    for name in _list(schema, "required"):
        if name not in value:
            yield f"{place}.{name}: is missing"
    properties = schema.get("properties") or {}
    for name, item in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is False:
            yield f"{place}.{name}: this field is not known"
        yield from problems(inner, item, f"{place}.{name}", depth + 1)
    yield from _size(schema, len(value), place, "Properties")


def _array(schema: Object, value: list[Any], place: str, depth: int) -> Iterator[str]:
    for number, item in enumerate(value):
        yield from problems(schema.get("items"), item, f"{place}[{number}]", depth + 1)
    yield from _size(schema, len(value), place, "Items")
    if schema.get("uniqueItems") is True and len({json.dumps(item, sort_keys=True) for item in value}) != len(value):
        yield f"{place}: an item twice"


def _string(schema: Object, value: str, place: str) -> Iterator[str]:
    yield from _size(schema, len(value), place, "Length")
    if isinstance(pattern := schema.get("pattern"), str):
        import re2

        try:
            fits = re2.search(pattern, value) is not None
        except re2.error as error:
            raise SchemaFault(f"{place}: the schema's pattern {pattern!r:.80} is no regular expression") from error
        if not fits:
            yield f"{place}: {value!r:.80} does not match {pattern!r:.80}"


def _size(schema: Object, size: int, place: str, name: str) -> Iterator[str]:
    least, most = schema.get(f"min{name}"), schema.get(f"max{name}")
    if isinstance(least, int) and size < least:
        yield f"{place}: {size} {name.lower()}, at least {least}"
    if isinstance(most, int) and size > most:
        yield f"{place}: {size} {name.lower()}, at most {most}"


def _number(schema: Object, value: float, place: str) -> Iterator[str]:
    least, most, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    above, below = schema.get("exclusiveMinimum") is True, schema.get("exclusiveMaximum") is True
    if isinstance(least, (int, float)) and (value < least or (above and value == least)):
        yield f"{place}: {value} is less than {least}"
    if isinstance(most, (int, float)) and (value > most or (below and value == most)):
        yield f"{place}: {value} is more than {most}"
    if isinstance(step, (int, float)) and step and not math.isclose(math.remainder(value, step), 0, abs_tol=1e-9):
        yield f"{place}: {value} is no multiple of {step}"
