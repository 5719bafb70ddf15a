"""The pieces that compiled expressions are put together of, each a function ``Frame -> Value``."""

from __future__ import annotations

from collections.abc import Callable

from assay.engines.policy.cel import operators
from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.frame import Frame
from assay.engines.policy.cel.library import Function
from assay.engines.policy.cel.values import KINDS, Opaque, Optional, Value, kind

Code = Callable[[Frame], Value]
"""A compiled expression."""


def selection(operand: Code, field: str) -> Code:
    """``operand.field``."""

    def select(frame: Frame) -> Value:
        value = operand(frame)
        if type(value) is dict:
            try:
                return value[field]
            except KeyError:
                raise Untold(f"no such key: {field}") from None
        return select_other(value, field)

    return select


def select_other(value: Value, field: str) -> Value:
    """``value.field`` where `value` is no map."""
    if isinstance(value, Opaque):
        return value.select(field)
    if isinstance(value, Optional):
        return operators.optional_index(value, field)
    raise Untold(f"no such field {field!r}: the value is of type {kind(value)}")


def presence(operand: Code, field: str) -> Code:
    """``has(operand.field)``."""

    def has(frame: Frame) -> bool:
        value = operand(frame)
        if type(value) is dict:
            return field in value
        if isinstance(value, Opaque):
            return bool(value.has(field))
        if isinstance(value, Optional):
            return bool(operators.optional_index(value, field).present)
        return False  # also of null, as cel-go has it

    return has


def binary(operator: Callable[[Value, Value], Value], left: Code, right: Code) -> Code:
    """An operator over two operands."""
    return lambda frame: operator(left(frame), right(frame))


def calling(function: Function, arguments: list[Code]) -> Code:
    """A call of a function of a library."""
    if function.contextual:
        return lambda frame: function.in_context(frame.context, *[argument(frame) for argument in arguments])
    if len(arguments) == 1:
        only = arguments[0]
        return lambda frame: function(only(frame))
    if len(arguments) == 2:
        first, second = arguments
        return lambda frame: function(first(frame), second(frame))
    return lambda frame: function(*[argument(frame) for argument in arguments])


def _and(left: Code, right: Code) -> Code:
    return _connective("_&&_", False, left, right)


def _or(left: Code, right: Code) -> Code:
    return _connective("_||_", True, left, right)


def _connective(name: str, decides: bool, left: Code, right: Code) -> Code:
    """An error of one side is forgiven if the other side decides."""

    def connective(frame: Frame) -> bool:
        try:
            value: object = left(frame)
            if value is decides:
                return decides
            fault = None if value is (not decides) else no_overload(name, value)
        except Untold as error:
            fault = error
        value = right(frame)
        if value is decides:
            return decides
        if fault is not None:
            raise fault
        if value is not (not decides):
            raise no_overload(name, value)
        return not decides

    return connective


def _not(operand: Code) -> Code:
    def negation(frame: Frame) -> bool:
        value = operand(frame)
        if type(value) is not bool:
            raise no_overload("!_", value)
        return not value

    return negation


def _choice(condition: Code, yes: Code, no: Code) -> Code:
    def choose(frame: Frame) -> Value:
        value = condition(frame)
        if type(value) is not bool:
            raise no_overload("_?_:_", value)
        return yes(frame) if value else no(frame)

    return choose


def _negative(operand: Code) -> Code:
    return lambda frame: operators.negate(operand(frame))


SPECIAL: dict[str, Callable[..., Code]] = {"_&&_": _and, "_||_": _or, "!_": _not, "_?_:_": _choice, "-_": _negative}


def optional_list(parts: list[tuple[Code, bool]]) -> Code:
    """``[a, ?b]``."""

    def make(frame: Frame) -> list[Value]:
        found: list[Value] = []
        for part, optional in parts:
            value = part(frame)
            if not optional:
                found.append(value)
            elif present(value):
                found.append(value.value)
        return found

    return make


def present(value: Value) -> bool:
    """Whether an optional has a value; raises `Untold` for what is no optional."""
    if not isinstance(value, Optional):
        raise Untold(f"not an optional but {kind(value)}")
    return value.present


def entries_of(frame: Frame, entries: list[tuple[Code, Code, bool]]) -> dict[Value, Value]:
    """``{a: b, ?c: d}``."""
    found: dict[Value, Value] = {}
    for key_code, code, optional in entries:
        key, value = key_code(frame), code(frame)
        if type(key) not in _KEYS:
            raise Untold(f"a key of a map is of type {kind(key)}")
        if not optional:
            found[key] = value
        elif present(value):
            found[key] = value.value
    return found


_KEYS = frozenset(type_ for type_, name in KINDS.items() if name in ("string", "int", "uint", "bool"))


def fields_of(frame: Frame, fields: list[tuple[str, Code, bool]]) -> dict[str, Value]:
    """The fields of a message that is made."""
    found: dict[str, Value] = {}
    for name, code, optional in fields:
        value = code(frame)
        if not optional:
            found[name] = value
        elif present(value):
            found[name] = value.value
    return found
