"""Parsing and type checking by `cel-expr-python`, the reference implementation of CEL."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from threading import Lock
from typing import Any

from assay.engines.policy.cel.faults import NoCel
from assay.engines.policy.cel.library import Functions, Signature
from assay.engines.policy.cel.macros import macro
from assay.engines.policy.cel.syntax import Call, Comprehension, Entry, Expr, ListOf, Select, Struct, parsed
from assay.errors import UsageError

_TYPES = {
    "bool": "BOOL",
    "int": "INT",
    "uint": "UINT",
    "double": "DOUBLE",
    "string": "STRING",
    "bytes": "BYTES",
    "timestamp": "TIMESTAMP",
    "duration": "DURATION",
    "null": "DYN",
    "dyn": "DYN",
    "type": "DYN",
    "optional": "DYN",
}
_FOREIGN = (RuntimeError, ValueError, TypeError)
_BUILT_IN = frozenset(
    [
        "bool",
        "bytes",
        "double",
        "duration",
        "dyn",
        "endsWith",
        "contains",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getFullYear",
        "first",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getSeconds",
        "hasValue",
        "int",
        "last",
        "matches",
        "optional.none",
        "optional.of",
        "optional.ofNonZeroValue",
        "optional.unwrap",
        "or",
        "orValue",
        "size",
        "startsWith",
        "string",
        "timestamp",
        "type",
        "uint",
        "unwrapOpt",
        "value",
    ]
)
"""Functions that the checker knows by itself."""

_MAX_DOUBLED = 8
"""The parser writes what these macros are called on twice, and so on in chains."""
_ALLOWED = re.compile(
    r"found no matching overload for (?:"
    r"'_[<>]=?_' applied to '\((?:int|uint|double), (?:int|uint|double)\)'|'string' applied to '\(net\.(?:IP|CIDR)\)')"
)
"""What the checker finds wrong and the API server does not: numbers of two types compared, and addresses as texts."""
_FAULT = re.compile(r"ERROR: <input>:(.*)")


class Checker:
    """A parser, and a checker for the variables and functions of one environment (made when first needed)."""

    def __init__(self, variables: Collection[str], functions: Functions) -> None:
        self._variables, self._functions = variables, functions
        self._environment: Any = None
        self._lock = Lock()

    def parse(self, text: str) -> Expr:
        """The tree of `text`; raises `NoCel` with the place of the first fault."""
        if text.count("optMap") + text.count("optFlatMap") > _MAX_DOUBLED:
            raise NoCel(f"over {_MAX_DOUBLED} times optMap or optFlatMap", "split the expression into variables")
        try:
            return parsed(_parser().compile(text, disable_check=True).serialize())
        except _FOREIGN as error:
            raise NoCel(f"{_faults(error)[0]:.300}") from error

    def check(self, text: str, tree: Expr) -> None:
        """Raises `NoCel` where the types do not fit; trees that the checker cannot follow are left to evaluation."""
        if any(map(_foreign, _parts(tree))):
            return
        with self._lock:
            if self._environment is None:
                self._environment = self._make()
        try:
            self._environment.compile(text)
        except _FOREIGN as error:
            faults = [fault for fault in _faults(error) if not _ALLOWED.search(fault)]
            if faults:
                raise NoCel(f"{faults[0]:.300}") from error

    def _make(self) -> Any:
        cel, extensions = _library()
        by_name: dict[str, list[Signature]] = {}
        for found in self._functions.signatures:
            if found.name not in _BUILT_IN:
                by_name.setdefault(found.name, []).append(found)
        functions = [cel.FunctionDecl(name, list(_overloads(cel, found))) for name, found in by_name.items()]
        variables = dict.fromkeys((*self._variables, *self._functions.values), cel.Type.DYN)
        return cel.NewEnv(variables=variables, functions=functions, extensions=extensions)


def _overloads(cel: Any, signatures: list[Signature]) -> Iterator[Any]:
    """One for each list of parameters; those that would collide are declared once, with any type."""
    seen: dict[tuple[bool, tuple[str, ...]], str] = {}
    for found in signatures:
        key = (found.member, found.parameters)
        if key not in seen and not any(_collides(key, other) for other in seen):
            seen[key] = found.result
    for number, ((member, parameters), result) in enumerate(seen.items()):
        yield cel.Overload(
            id=f"{signatures[0].name}_{number}",
            return_type=_type(cel, result),
            parameters=[_type(cel, parameter) for parameter in parameters],
            is_member=member,
        )


def _collides(one: tuple[bool, tuple[str, ...]], other: tuple[bool, tuple[str, ...]]) -> bool:
    if one[0] != other[0] or len(one[1]) != len(other[1]):
        return False
    return all(
        "dyn" in (left, right) or left.partition("<")[0] == right.partition("<")[0]
        for left, right in zip(one[1], other[1], strict=True)
    )


def _type(cel: Any, name: str) -> Any:
    base, _, inner = name.partition("<")
    if base == "list":
        return cel.Type.List(_type(cel, inner.rstrip(">") or "dyn"))
    if base == "map":
        return cel.Type.Map(cel.Type.DYN, cel.Type.DYN)
    if (known := _TYPES.get(base)) is not None:
        return getattr(cel.Type, known)
    return cel.Type.AbstractType(base)


def _faults(error: Exception) -> list[str]:
    """What the library says, a line for each fault, starting with line and column."""
    return _FAULT.findall(str(error)) or [str(error)]


def _parts(tree: Expr) -> Iterator[Expr]:
    todo: list[Expr] = [tree]
    while todo:
        part = todo.pop()
        yield part
        todo += _children(part)


def _children(tree: Expr) -> list[Expr]:
    match tree:
        case Select(operand, _, _):
            return [operand]
        case Call(target, _, arguments):
            return [*arguments, *([target] if target is not None else [])]
        case ListOf(elements, _):
            return list(elements)
        case Struct(_, entries):
            return [part for entry in entries for part in _entry(entry)]
        case Comprehension():
            return [tree.over, tree.initial, tree.condition, tree.step, tree.result]
    return []


def _entry(entry: Entry) -> list[Expr]:
    return [entry.value] if isinstance(entry.key, str) else [entry.key, entry.value]


def _foreign(tree: Expr) -> bool:
    """Whether the checker cannot follow: messages, and macros that the parser does not know."""
    if isinstance(tree, Struct):
        return bool(tree.name)
    found = macro(tree) if isinstance(tree, Call) else None
    return found is not None and found.own


@cache
def _parser() -> Any:
    cel, extensions = _library()
    return cel.NewEnv(variables={}, extensions=extensions)


@cache
def _library() -> tuple[Any, list[Any]]:
    try:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_bindings, ext_optional
    except ImportError as error:
        raise UsageError("policies need CEL, which is not installed", "pip install 'assay[policy]'") from error
    return cel, [ext_optional.ExtOptional(), ext_bindings.ExtBindings()]
