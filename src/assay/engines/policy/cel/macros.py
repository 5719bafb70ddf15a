"""Macros found again in trees: the ones that the parser turns into folds, and those that it does not know.

Two-variable comprehensions (cel-go's `ext.TwoVarComprehensions`) and ``sortBy`` come as plain calls.
"""

from __future__ import annotations

from typing import NamedTuple

from assay.engines.policy.cel.syntax import Call, Comprehension, Constant, Expr, ListOf, Name


class Macro(NamedTuple):
    """``over.function(first[, second], [predicate,] [transform])``; ``cel.bind`` has its value in `over`."""

    function: str
    first: str
    second: str
    over: Expr
    predicate: Expr | None
    transform: Expr | None
    own: bool = False
    """Whether the parser left it as a call, so that its checker cannot follow."""


_PREDICATES = {"all": "all", "exists": "exists", "existsOne": "existsOne", "exists_one": "existsOne"}
_TRANSFORMS = frozenset(("transformList", "transformMap", "transformMapEntry"))


def macro(tree: Expr) -> Macro | None:
    """The macro that `tree` is, if it is one."""
    if isinstance(tree, Comprehension):
        return _folded(tree)
    return _called(tree) if isinstance(tree, Call) else None


def _called(tree: Call) -> Macro | None:
    if tree.target is None or not tree.arguments or not isinstance(tree.arguments[0], Name):
        return None
    first, rest = tree.arguments[0].name, tree.arguments[1:]
    if tree.function == "sortBy" and len(rest) == 1:
        return Macro("sortBy", first, "", tree.target, None, rest[0], True)
    if len(rest) < 2 or not isinstance(rest[0], Name):
        return None
    second, rest = rest[0].name, rest[1:]
    if tree.function in _PREDICATES and len(rest) == 1:
        return Macro(_PREDICATES[tree.function], first, second, tree.target, rest[0], None, True)
    if tree.function in _TRANSFORMS and len(rest) <= 2:
        predicate = rest[0] if len(rest) == 2 else None
        return Macro(tree.function, first, second, tree.target, predicate, rest[-1], True)
    return None


def _folded(tree: Comprehension) -> Macro | None:
    if tree.condition == Constant(False):
        return Macro("bind", tree.accumulator, "", tree.initial, None, tree.result)
    result = Name(tree.accumulator)
    match tree.step:
        case Call(None, "_&&_", (found, predicate)) if found == result:
            return Macro("all", tree.variable, "", tree.over, predicate, None)
        case Call(None, "_||_", (found, predicate)) if found == result:
            return Macro("exists", tree.variable, "", tree.over, predicate, None)
        case Call(None, "_?_:_", (predicate, _, _)) if tree.initial == Constant(0):
            return Macro("existsOne", tree.variable, "", tree.over, predicate, None)
        case Call(None, "_?_:_", (predicate, Call(None, "_+_", (_, ListOf((transform,), _))), _)):
            return Macro("map", tree.variable, "", tree.over, predicate, transform)
        case Call(None, "_+_", (_, ListOf((transform,), _))):
            return Macro("map", tree.variable, "", tree.over, None, transform)
    return None
