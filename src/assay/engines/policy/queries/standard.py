"""The functions that JMESPath itself has (jmespath.org/specification.html)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from assay.engines.policy.queries import values
from assay.engines.policy.queries.arithmetic import number
from assay.engines.policy.queries.faults import BadQuery
from assay.engines.policy.queries.function import ANY, CODE, LIST, NUMBER, OBJECT, TEXT, Function


def text_of(value: Any) -> str:
    """A text as it is, anything else as JSON, a whole number without a fraction."""
    return value if isinstance(value, str) else json.dumps(_whole(value), separators=(",", ":"), ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {key: _whole(item) for key, item in value.items()} if isinstance(value, dict) else value


def _contains(within: Any, item: Any) -> bool:
    if isinstance(within, str):
        return isinstance(item, str) and item in within
    return any(values.equal(one, item) for one in within)


def _to_number(value: Any) -> Any:
    if values.is_number(value):
        return value
    try:
        found = float(value) if isinstance(value, str) and value.strip() == value else math.nan
    except ValueError:
        return None
    return number(found) if math.isfinite(found) else None


def _alike(items: list[Any], function: str, kinds: tuple[str, ...] = ("number", "string")) -> list[Any]:
    found = {values.kind(item) for item in items}
    if len(found) > 1 or not found <= set(kinds):
        raise BadQuery(f"{function}: the items are not all {' or all '.join(kinds)}")
    return items


def _join(glue: str, items: list[Any]) -> str:
    return glue.join(_alike(items, "join", ("string",)))


def _average(items: list[Any]) -> Any:
    return number(math.fsum(_alike(items, "avg", ("number",))) / len(items)) if items else None


def _by(name: str, choose: Callable[..., Any]) -> Function:
    def call(run: Any, items: list[Any], code: Any) -> Any:
        run.step(len(items))
        keys = [code(run, item) for item in items]
        _alike(keys, name)
        return items[choose(range(len(items)), key=keys.__getitem__)] if items else None

    return Function(name, (LIST, CODE), call, wants_run=True)


def _sort_by(run: Any, items: list[Any], code: Any) -> list[Any]:
    run.step(len(items))
    keys = _alike([code(run, item) for item in items], "sort_by")
    return [items[at] for at in sorted(range(len(items)), key=keys.__getitem__)]


def _map(run: Any, code: Any, items: list[Any]) -> list[Any]:
    run.step(len(items))
    return [code(run, item) for item in items]


def _merge(*objects: dict[str, Any]) -> dict[str, Any]:
    return {key: value for item in objects for key, value in item.items()}


def _zip(*lists: list[Any]) -> list[list[Any]]:
    return [list(row) for row in zip(*lists, strict=False)]


FUNCTIONS = (
    Function("abs", (NUMBER,), abs),
    Function("avg", (LIST,), _average),
    Function("ceil", (NUMBER,), math.ceil),
    Function("contains", (f"{LIST}|{TEXT}", ANY), _contains),
    Function("ends_with", (TEXT, TEXT), str.endswith),
    Function("floor", (NUMBER,), math.floor),
    Function("join", (TEXT, LIST), _join),
    Function("keys", (OBJECT,), sorted),
    Function("length", (f"{TEXT}|{LIST}|{OBJECT}",), len),
    Function("map", (CODE, LIST), _map, wants_run=True),
    Function("max", (LIST,), lambda items: max(_alike(items, "max"), default=None)),
    Function("merge", (OBJECT,), _merge, variadic=True),
    Function("min", (LIST,), lambda items: min(_alike(items, "min"), default=None)),
    Function("not_null", (ANY,), lambda *all: next((item for item in all if item is not None), None), variadic=True),
    Function("reverse", (f"{LIST}|{TEXT}",), lambda value: value[::-1]),
    Function("sort", (LIST,), lambda items: sorted(_alike(items, "sort"))),
    Function("starts_with", (TEXT, TEXT), str.startswith),
    Function("to_array", (ANY,), lambda value: value if isinstance(value, list) else [value]),
    Function("to_number", (ANY,), _to_number),
    Function("to_string", (ANY,), text_of),
    Function("type", (ANY,), values.kind),
    Function("values", (OBJECT,), lambda value: [value[key] for key in sorted(value)]),
    Function("zip", (LIST,), _zip, variadic=True),
    _by("max_by", max),
    _by("min_by", min),
    Function("sort_by", (LIST, CODE), _sort_by, wants_run=True),
)
