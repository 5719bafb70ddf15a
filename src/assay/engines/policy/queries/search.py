"""Queries compiled and answered. The grammar is that of the library `jmespath`; the evaluation is here.

Other than in JMESPath itself, a field that is not there is an error (`NotFound`), as in Kyverno; operators,
projections and arguments of functions take it for null, and so does ``||``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from assay.engines.policy.queries import values
from assay.engines.policy.queries.faults import BadQuery, NotFound

MAX_LENGTH = 64 << 10
"""Characters of a query."""
MAX_STEPS = 2_000_000
"""Elements that one query may look at."""

Code = Callable[["Run", Any], Any]


class Scope(Protocol):
    """A root whose fields are computed when they are asked for."""

    def look(self, name: str) -> Any:
        """The field; raises `NotFound`."""
        ...


class Run:
    """One evaluation: what functions look at, and how many steps are left."""

    __slots__ = ("context", "left")

    def __init__(self, context: object) -> None:
        self.context, self.left = context, MAX_STEPS

    def step(self, count: int = 1) -> None:
        """Raises `BadQuery` where the query has looked at too much."""
        self.left -= count
        if self.left < 0:
            raise BadQuery(f"the query looks at over {MAX_STEPS} elements")


class Query:
    """A compiled query."""

    __slots__ = ("_code", "text")

    def __init__(self, text: str, code: Code) -> None:
        self.text, self._code = text, code

    def search(self, data: Any, context: object = None) -> Any:
        """The answer; raises `BadQuery`, `NotFound` for a field that is not there."""
        try:
            return self._code(Run(context), data)
        except RecursionError:
            raise BadQuery("the query goes too deep") from None


def search(text: str, data: Any, context: object = None) -> Any:
    """Compile and answer; raises `BadQuery`."""
    return compiled(text).search(data, context)


@lru_cache(4096)
def compiled(text: str) -> Query:
    """The query; raises `BadQuery` for what is none."""
    import jmespath.exceptions
    import jmespath.parser

    if len(text) > MAX_LENGTH:
        raise BadQuery(f"a query has over {MAX_LENGTH} characters")
    try:
        tree = jmespath.parser.Parser().parse(text).parsed
        return Query(text, _compile(tree))
    except RecursionError:
        raise BadQuery("the query is nested too deep") from None
    except (jmespath.exceptions.JMESPathError, ValueError, KeyError, IndexError) as error:
        raise BadQuery(f"{text!r:.200} is no query: {' '.join(str(error).split())[:200]}") from error


def _compile(node: Mapping[str, Any]) -> Code:
    maker = _MAKERS.get(node["type"])
    if maker is None:
        raise BadQuery(f"{node['type']} is not known in queries")
    return maker(node)


def lenient(code: Code) -> Code:
    """`code`, with null for what is not there."""

    def run(run: Run, data: Any) -> Any:
        try:
            return code(run, data)
        except NotFound:
            return None

    return run


def _children(node: Mapping[str, Any]) -> list[Code]:
    return [_compile(child) for child in node["children"]]


def _field(node: Mapping[str, Any]) -> Code:
    name = node["value"]

    def run(_: Run, data: Any) -> Any:
        if type(data) is dict:
            if name in data:
                return data[name]
        elif data is not None and hasattr(data, "look"):
            return data.look(name)
        raise NotFound(f'Unknown key "{name}" in path')

    return run


def _subexpression(node: Mapping[str, Any]) -> Code:
    codes = _children(node)

    def run(run: Run, data: Any) -> Any:
        for code in codes:
            data = code(run, data)
        return data

    return run


def _index(node: Mapping[str, Any]) -> Code:
    at = node["value"]

    def run(_: Run, data: Any) -> Any:
        if not isinstance(data, list):
            return None
        return data[at] if -len(data) <= at < len(data) else None

    return run


def _slice(node: Mapping[str, Any]) -> Code:
    part = slice(*node["children"])
    if part.step == 0:
        raise BadQuery("a slice has the step 0")
    return lambda _, data: data[part] if isinstance(data, list) else None


def _project(code: Code, run: Run, items: list[Any]) -> list[Any]:
    run.step(len(items))
    found = []
    for item in items:
        try:
            value = code(run, item)
        except NotFound:
            continue
        if value is not None:
            found.append(value)
    return found


def _projection(node: Mapping[str, Any]) -> Code:
    base, each = _children(node)

    def run(run: Run, data: Any) -> Any:
        items = base(run, data)
        return _project(each, run, items) if isinstance(items, list) else None

    return run


def _value_projection(node: Mapping[str, Any]) -> Code:
    base, each = _children(node)
    base = lenient(base)

    def run(run: Run, data: Any) -> Any:
        items = base(run, data)
        return _project(each, run, list(items.values())) if isinstance(items, dict) else None

    return run


def _filter_projection(node: Mapping[str, Any]) -> Code:
    base, each, wanted = _children(node)
    base, wanted = lenient(base), lenient(wanted)

    def run(run: Run, data: Any) -> Any:
        items = base(run, data)
        if not isinstance(items, list):
            return None
        run.step(len(items))
        return _project(each, run, [item for item in items if not values.is_false(wanted(run, item))])

    return run


def _flatten(node: Mapping[str, Any]) -> Code:
    base = lenient(_children(node)[0])

    def run(run: Run, data: Any) -> Any:
        items = base(run, data)
        if not isinstance(items, list):
            return None
        run.step(len(items))
        return [part for item in items for part in (item if isinstance(item, list) else [item])]

    return run


def _comparator(node: Mapping[str, Any]) -> Code:
    left, right = (lenient(code) for code in _children(node))
    compare = values.COMPARATORS[node["value"]]
    return lambda run, data: compare(left(run, data), right(run, data))


def _or(node: Mapping[str, Any]) -> Code:
    left, right = (lenient(code) for code in _children(node))

    def run(run: Run, data: Any) -> Any:
        found = left(run, data)
        return right(run, data) if values.is_false(found) else found

    return run


def _and(node: Mapping[str, Any]) -> Code:
    left, right = (lenient(code) for code in _children(node))

    def run(run: Run, data: Any) -> Any:
        found = left(run, data)
        return found if values.is_false(found) else right(run, data)

    return run


def _not(node: Mapping[str, Any]) -> Code:
    code = lenient(_children(node)[0])
    return lambda run, data: values.is_false(code(run, data))


def _multi_list(node: Mapping[str, Any]) -> Code:
    codes = [lenient(code) for code in _children(node)]
    return lambda run, data: None if data is None else [code(run, data) for code in codes]


def _multi_dict(node: Mapping[str, Any]) -> Code:
    pairs = [(child["value"], lenient(_compile(child["children"][0]))) for child in node["children"]]
    return lambda run, data: None if data is None else {key: code(run, data) for key, code in pairs}


def _function(node: Mapping[str, Any]) -> Code:
    from assay.engines.policy.queries.functions import FUNCTIONS

    name = node["value"]
    function = FUNCTIONS.get(name)
    if function is None:
        raise BadQuery(f"there is no function {name!r:.60}")
    codes = [lenient(code) for code in _children(node)]
    function.check_count(len(codes))

    def run(run: Run, data: Any) -> Any:
        run.step()
        return function.call(run, [code(run, data) for code in codes])

    return run


def _reference(node: Mapping[str, Any]) -> Code:
    """``&expression``: the code itself is the value."""
    code = lenient(_children(node)[0])
    return lambda _, data: code


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Code]] = {
    "field": _field,
    "subexpression": _subexpression,
    "index_expression": _subexpression,
    "pipe": _subexpression,
    "index": _index,
    "slice": _slice,
    "projection": _projection,
    "value_projection": _value_projection,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "comparator": _comparator,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "multi_select_list": _multi_list,
    "multi_select_dict": _multi_dict,
    "function_expression": _function,
    "expref": _reference,
    "literal": lambda node: lambda _, data, value=node["value"]: value,  # type: ignore[misc]
    "current": lambda node: lambda _, data: data,
    "identity": lambda node: lambda _, data: data,
}
