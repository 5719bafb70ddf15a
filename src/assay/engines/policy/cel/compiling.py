"""Trees of expressions turned into Python functions, each ``Frame -> Value``, and their names checked on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import cast

from assay.engines.policy.cel import operators
from assay.engines.policy.cel.faults import NoCel
from assay.engines.policy.cel.library import Function, Functions
from assay.engines.policy.cel.macros import Macro, macro
from assay.engines.policy.cel.messages import Maker
from assay.engines.policy.cel.pieces import (
    SPECIAL,
    Code,
    binary,
    calling,
    entries_of,
    fields_of,
    optional_list,
    presence,
    selection,
)
from assay.engines.policy.cel.rounds import ROUNDS
from assay.engines.policy.cel.syntax import Call, Comprehension, Constant, Expr, ListOf, Name, Select, Struct
from assay.engines.policy.cel.values import KINDS, TypeName, Value, equal

Local = Mapping[str, str]
"""The variables of the macros around, and their places in the frame."""

_BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "_+_": operators.add,
    "_-_": operators.subtract,
    "_*_": operators.multiply,
    "_/_": operators.divide,
    "_%_": operators.remainder,
    "_==_": equal,
    "_!=_": operators.differs,
    "_<_": operators.less,
    "_<=_": operators.less_or_equal,
    "_>_": operators.greater,
    "_>=_": operators.greater_or_equal,
    "@in": operators.contained,
    "_[_]": operators.index,
    "_[?_]": operators.optional_index,
    "_?._": operators.optional_index,
}
TYPES = {name: TypeName(name) for name in KINDS.values()}


class Compiler:
    """Compiles for the variables and functions of one environment; `messages` are the types that may be made."""

    def __init__(self, variables: Collection[str], functions: Functions, messages: Maker | None) -> None:
        self._variables, self._functions, self._messages = frozenset(variables), functions, messages
        self._count = 0

    def compile(self, tree: Expr) -> Code:
        """Raises `NoCel` for names that are not known."""
        return self._code(tree, {})

    def _code(self, tree: Expr, local: Local) -> Code:
        match tree:
            case Constant(value):
                return lambda _: value
            case Name(name):
                return self._name(name, local)
            case Select():
                return self._select(tree, local)
            case Call():
                return self._call(tree, local)
            case ListOf():
                return self._list(tree, local)
            case Struct():
                return self._struct(tree, local)
            case Comprehension():
                return self._macro(macro(tree), local)

    def _name(self, name: str, local: Local) -> Code:
        if name in local or name in self._variables:
            place = local.get(name, name)
            return lambda frame: frame[place]
        constant = self._constant(name)
        if constant is None:
            raise NoCel(f"undeclared reference to {name!r:.80}")
        return lambda _: constant

    def _constant(self, name: str) -> Value:
        return self._functions.values.get(name, TYPES.get(name.removeprefix(".")))

    def _select(self, tree: Select, local: Local) -> Code:
        if (constant := self._qualified(tree, local, self._constant)) is not None:
            return lambda _: constant
        operand, field = self._code(tree.operand, local), tree.field
        return presence(operand, field) if tree.test else selection(operand, field)

    def _qualified(self, tree: Expr, local: Local, find: Callable[[str], Value]) -> Value:
        """What `find` has under the dotted name that `tree` is, unless its first part is a variable."""
        dotted = dotted_name(tree)
        if not dotted or (first := dotted.partition(".")[0]) in local or first in self._variables:
            return None
        return find(dotted)

    def _call(self, tree: Call, local: Local) -> Code:
        if tree.function in SPECIAL:
            return SPECIAL[tree.function](*(self._code(argument, local) for argument in tree.arguments))
        if tree.function in _BINARY and tree.target is None and len(tree.arguments) == 2:
            left, right = (self._code(argument, local) for argument in tree.arguments)
            return binary(_BINARY[tree.function], left, right)
        if (found := macro(tree)) is not None:
            return self._macro(found, local)
        return self._function(tree, local)

    def _function(self, tree: Call, local: Local) -> Code:
        arguments = [self._code(argument, local) for argument in tree.arguments]
        if tree.target is None:
            return calling(self._known(self._functions.plain, tree.function, len(arguments)), arguments)
        dotted = dotted_name(tree.target)
        named = f"{dotted}.{tree.function}"
        if dotted and dotted.partition(".")[0] not in local and named in self._functions.plain:
            return calling(self._known(self._functions.plain, named, len(arguments)), arguments)
        arguments = [self._code(tree.target, local), *arguments]
        return calling(self._known(self._functions.members, tree.function, len(arguments)), arguments)

    def _known(self, table: dict[str, Function], name: str, arguments: int) -> Function:
        found = table.get(name)
        if found is None:
            raise NoCel(f"undeclared function {name!r:.80}")
        if arguments not in found.arities and -1 not in found.arities:
            raise NoCel(f"no overload of {name!r:.80} takes {arguments} arguments")
        return found

    def _list(self, tree: ListOf, local: Local) -> Code:
        parts = [self._code(element, local) for element in tree.elements]
        if not tree.optional:
            return lambda frame: [part(frame) for part in parts]
        return optional_list([(part, at in tree.optional) for at, part in enumerate(parts)])

    def _struct(self, tree: Struct, local: Local) -> Code:
        if tree.name:
            return self._message(tree, local)
        entries = [
            (self._code(cast("Expr", entry.key), local), self._code(entry.value, local), entry.optional)
            for entry in tree.entries
        ]
        return lambda frame: entries_of(frame, entries)

    def _message(self, tree: Struct, local: Local) -> Code:
        if self._messages is None or (make := self._messages(tree.name, [str(e.key) for e in tree.entries])) is None:
            raise NoCel(f"undeclared type {tree.name!r:.80}")
        fields = [(str(entry.key), self._code(entry.value, local), entry.optional) for entry in tree.entries]
        return lambda frame: make(fields_of(frame, fields))

    def _macro(self, found: Macro | None, local: Local) -> Code:
        if found is None:
            raise NoCel("the expression has a comprehension of an unknown form")
        inner, found = self._places(found, local)
        over = self._code(found.over, local)
        predicate = self._code(found.predicate, inner) if found.predicate is not None else None
        transform = self._code(found.transform, inner) if found.transform is not None else None
        return ROUNDS[found.function](found, over, predicate, transform)

    def _places(self, found: Macro, local: Local) -> tuple[Local, Macro]:
        """The scope inside of a macro, and the macro with the places of its variables instead of their names."""
        self._count += 1
        first, second = f"{found.first}#{self._count}", f"{found.second}#{self._count}" if found.second else ""
        inner = {**local, found.first: first, **({found.second: second} if second else {})}
        return inner, found._replace(first=first, second=second)


def dotted_name(tree: Expr) -> str:
    """``a.b.c`` if `tree` is such a name, else an empty text."""
    parts: list[str] = []
    while isinstance(tree, Select) and not tree.test:
        parts.append(tree.field)
        tree = tree.operand
    return ".".join([tree.name, *reversed(parts)]) if isinstance(tree, Name) else ""
