"""Expressions as trees: what `cel-expr-python` parsed, read from its protocol buffers (cel.expr.ParsedExpr).

Only the fields that evaluation needs are kept. The wire form is read here, since the library brings no classes
for it: https://github.com/google/cel-spec/blob/master/proto/cel/expr/syntax.proto .
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from assay.engines.policy.cel.faults import NoCel

_MAX_DEPTH = 200


class Constant(NamedTuple):
    """A literal."""

    value: Any


class Name(NamedTuple):
    """An identifier."""

    name: str


class Select(NamedTuple):
    """``operand.field``, or with `test` ``has(operand.field)``."""

    operand: Expr
    field: str
    test: bool


class Call(NamedTuple):
    """``target.function(arguments)``, or without a target; operators are ``_+_`` and the like."""

    target: Expr | None
    function: str
    arguments: tuple[Expr, ...]


class ListOf(NamedTuple):
    """``[a, ?b]``; `optional` are the places with a question mark."""

    elements: tuple[Expr, ...]
    optional: frozenset[int]


class Entry(NamedTuple):
    """``key: value`` of a map or a message; the key of a message is a text."""

    key: Expr | str
    value: Expr
    optional: bool


class Struct(NamedTuple):
    """``{...}``, or with a name ``Name{...}``."""

    name: str
    entries: tuple[Entry, ...]


class Comprehension(NamedTuple):
    """What macros become: a fold of `over` into `result`."""

    variable: str
    over: Expr
    accumulator: str
    initial: Expr
    condition: Expr
    step: Expr
    result: Expr


Expr = Constant | Name | Select | Call | ListOf | Struct | Comprehension


def parsed(serialized: bytes) -> Expr:
    """The tree in a serialized ParsedExpr (within google.protobuf.Any); raises `NoCel` for one that is too deep."""
    return _expression(_one(_one(serialized, 2), 2), _MAX_DEPTH)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 1:
            yield number, data[at : at + 8]
            at += 8
        else:
            length, at = _varint(data, at)
            yield number, data[at : at + length]
            at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _one(data: bytes, number: int) -> bytes:
    return next((value for found, value in _fields(data) if found == number), b"")


def _expression(data: bytes, depth: int) -> Expr:
    if not depth:
        raise NoCel(f"the expression is nested over {_MAX_DEPTH} deep")
    for number, value in _fields(data):
        if (reader := _READERS.get(number)) is not None:
            return reader(value, depth - 1)
    raise NoCel("the expression has an empty part")


def _constant(data: bytes, _depth: int) -> Expr:
    for number, value in _fields(data):
        if (reader := _CONSTANTS.get(number)) is not None:
            return Constant(reader(value))
    return Constant(None)


def _unsigned(value: int) -> int:
    from assay.engines.policy.cel.values import UInt

    return UInt(value)


_CONSTANTS: dict[int, Callable[[Any], Any]] = {
    1: lambda _: None,
    2: bool,
    3: lambda value: value - 2**64 if value >= 2**63 else value,
    4: _unsigned,
    5: lambda value: struct.unpack("<d", value)[0],
    6: lambda value: value.decode(),
    7: bytes,
}


def _name(data: bytes, _depth: int) -> Expr:
    return Name(_one(data, 1).decode())


def _select(data: bytes, depth: int) -> Expr:
    found = dict(_fields(data))
    return Select(_expression(found[1], depth), found[2].decode(), bool(found.get(3)))


def _call(data: bytes, depth: int) -> Expr:
    target, function, arguments = None, "", []
    for number, value in _fields(data):
        if number == 1:
            target = _expression(value, depth)
        elif number == 2:
            function = value.decode()
        elif number == 3:
            arguments.append(_expression(value, depth))
    return Call(target, function, tuple(arguments))


def _list(data: bytes, depth: int) -> Expr:
    elements, optional = [], set[int]()
    for number, value in _fields(data):
        if number == 1:
            elements.append(_expression(value, depth))
        elif isinstance(value, int):
            optional.add(value)
        else:
            optional.update(_packed(value))
    return ListOf(tuple(elements), frozenset(optional))


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _struct(data: bytes, depth: int) -> Expr:
    name, entries = "", []
    for number, value in _fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            entries.append(_entry(value, depth))
    return Struct(name, tuple(entries))


def _entry(data: bytes, depth: int) -> Entry:
    found = dict(_fields(data))
    key = found[2].decode() if 2 in found else _expression(found[3], depth)
    return Entry(key, _expression(found[4], depth), bool(found.get(5)))


def _comprehension(data: bytes, depth: int) -> Expr:
    found = dict(_fields(data))
    over, initial, condition, step, result = (_expression(found[number], depth) for number in (2, 4, 5, 6, 7))
    return Comprehension(found[1].decode(), over, found[3].decode(), initial, condition, step, result)


_READERS = {3: _constant, 4: _name, 5: _select, 6: _call, 7: _list, 8: _struct, 9: _comprehension}
