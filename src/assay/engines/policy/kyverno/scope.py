"""What the variables of a rule stand for: ``request``, ``images``, ``element``, and the entries of ``context``.

Entries are computed when a query first asks for them. A scope inside another (a rule's, a foreach's) sees the outer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from assay.engines.policy.queries.faults import BadQuery, NotFound
from assay.engines.policy.queries.search import compiled
from assay.engines.policy.world import World
from assay.errors import AssayError

_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')
MAX_PARTS = 50


class Scope:
    """A root for queries (`assay.engines.policy.queries.search.Scope`)."""

    __slots__ = ("_given", "_loading", "_pending", "_values", "each", "operation", "outer", "world")

    def __init__(
        self, world: World, values: Mapping[str, Any], operation: str = "", outer: Scope | None = None
    ) -> None:
        self.world, self.operation, self.outer = world, operation, outer
        self.each: Mapping[str, list[Any]] = outer.each if outer is not None else {}
        self._given: frozenset[str] = outer._given if outer is not None else frozenset()
        self._values: dict[str, Any] = dict(values)
        self._pending: dict[str, list[Callable[[Scope], Any]]] = {}
        self._loading: dict[str, int] = {}

    def inner(self, values: Mapping[str, Any] | None = None) -> Scope:
        """A scope that sees this one."""
        return Scope(self.world, values or {}, self.operation, self)

    def now(self) -> datetime:
        """The time of the evaluation, for functions."""
        return self.world.now()

    def give(self, values: Mapping[str, Any], each: Mapping[str, list[Any]]) -> None:
        """Set variables that a test gives, by their paths; those in `each` have a value for every element."""
        for path, value in values.items():
            self.put(path, value)
        self.each = each
        self._given |= {path.partition(".")[0] for path in [*values, *each]}

    def is_given(self, name: str) -> bool:
        """Whether a test gives the variable."""
        return name in self._given

    def defer(self, name: str, load: Callable[[Scope], Any]) -> None:
        """`load` computes the field `name` when it is asked for; it sees what was deferred under it before."""
        self._values.pop(name, None)
        self._pending.setdefault(name, []).append(load)

    def put(self, path: str, value: Any) -> None:
        """Set ``a.b.c``, making the objects on the way."""
        parts = [quoted.replace('\\"', '"') or plain for quoted, plain in _PART.findall(path)][:MAX_PARTS]
        if not parts:
            raise BadQuery(f"{path!r:.60} is no variable")
        value = _nested(self._outer_value(parts[0]) if len(parts) > 1 else None, parts[1:], value)
        self._pending.pop(parts[0], None)
        self._values[parts[0]] = value

    def _outer_value(self, name: str) -> Any:
        try:
            return self.look(name)
        except AssayError:
            return None

    def look(self, name: str) -> Any:
        """The field; raises `NotFound`, or what computing it raises."""
        if name in self._values:
            return self._values[name]
        loads, depth = self._pending.get(name, ()), self._loading.get(name, 0)
        if depth < len(loads):
            return self._load(name, loads[-1 - depth], depth)
        if self.outer is not None:
            return self.outer.look(name)
        raise NotFound(f'Unknown key "{name}" in path')

    def _load(self, name: str, load: Callable[[Scope], Any], depth: int) -> Any:
        self._loading[name] = depth + 1
        try:
            value = load(self)
        except AssayError:
            if depth == 0 and self.outer is not None and self.outer.has(name):
                return self.outer.look(name)
            raise
        finally:
            self._loading[name] = depth
        if depth == 0:
            self._values[name] = value
        return value

    def has(self, name: str) -> bool:
        """Whether the field is there, or can be computed."""
        return name in self._values or name in self._pending or (self.outer is not None and self.outer.has(name))

    def query(self, text: str) -> Any:
        """The answer to a query; raises `BadQuery`."""
        return compiled(text).search(self, self)


def _nested(held: Any, parts: list[str], value: Any) -> Any:
    if not parts:
        return value
    held = held if isinstance(held, dict) else {}
    return {**held, parts[0]: _nested(held.get(parts[0]), parts[1:], value)}
