"""Lua as data (Lua 5.4 Reference Manual, 3.1 and 3.4.9): assignments of strings, numbers and tables.

::

    local revision = "1"
    version = "1.2.0-" .. revision
    description = { summary = "Says hello", ["license"] = "MIT" }
    dependencies = { "lua >= 5.1", "clock ~> 1.0" }

Strings are joined where ``..`` does; names stand for what was assigned to them before. Anything else (calls,
functions, arithmetic) is not evaluated: `read` stops there and returns what stood before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Value = str | dict[str, "Value"]
"""A value; tables are dictionaries in which the items without a name are called ``1``, ``2`` ..."""

MAX_DEPTH = 50

_TOKEN = re.compile(
    r"(?P<space>(?:\s|--(?!\[=*\[)[^\n]*)+)|(?P<comment>--\[(?P<level>=*)\[)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<long>\[(?P<equals>=*)\[\n?)"
    r"|(?P<number>-?[0-9][0-9a-zA-Z.]*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<symbol>\.\.|[{}\[\]=,;])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    position: int = 0
    known: dict[str, Value] = field(default_factory=dict)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("", "")

    def take(self, symbol: str) -> bool:
        if self.peek() == ("symbol", symbol):
            self.position += 1
            return True
        return False


class _Stop(Exception):  # not an error but the end of what can be read
    """Something that is no data."""


def read(text: str) -> dict[str, Value]:
    """What is assigned to the names of a file, as far as it is data."""
    reader = _Reader(_tokens(text))
    try:
        while reader.position < len(reader.tokens):
            _assignment(reader)
    except _Stop:
        pass
    return reader.known


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        kind, position = match.lastgroup or "", match.end()
        if match["long"] is not None or match["comment"] is not None:
            closer = "]" + (match["level"] or match["equals"] or "") + "]"
            end = text.find(closer, position)
            if end < 0:
                break
            if match["long"] is not None:
                tokens.append(("text", text[position:end]))
            position = end + len(closer)
        elif kind == "string":
            tokens.append(("text", _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), match[0][1:-1])))
        elif kind != "space":
            tokens.append((kind, match[0]))
    return tokens


def _assignment(reader: _Reader) -> None:
    kind, name = reader.peek()
    reader.position += 1
    if (kind, name) == ("name", "local") or (kind, name) == ("symbol", ";"):
        return
    names = [name]
    while reader.take(","):
        names.append(reader.peek()[1])
        reader.position += 1
    if kind != "name" or not reader.take("="):
        raise _Stop
    for index, name in enumerate(names):
        if index and not reader.take(","):
            raise _Stop
        reader.known[name] = _expression(reader, 0)


def _expression(reader: _Reader, depth: int) -> Value:
    value = _value(reader, depth)
    while reader.take(".."):
        added = _value(reader, depth)
        if not isinstance(value, str) or not isinstance(added, str):
            raise _Stop
        value += added
        if len(value) > 1 << 20:
            raise _Stop
    return value


def _value(reader: _Reader, depth: int) -> Value:
    kind, token = reader.peek()
    reader.position += 1
    if kind in ("text", "number"):
        return token
    if kind == "name":
        if token in ("true", "false", "nil"):
            return token
        if token in reader.known:
            return reader.known[token]
    if (kind, token) == ("symbol", "{") and depth < MAX_DEPTH:
        return _table(reader, depth + 1)
    raise _Stop


def _table(reader: _Reader, depth: int) -> dict[str, Value]:
    table: dict[str, Value] = {}
    count = 0
    while not reader.take("}"):
        key = _key(reader)
        if not key:
            count += 1
        table[key or str(count)] = _expression(reader, depth)
        if not (reader.take(",") or reader.take(";")) and reader.peek() != ("symbol", "}"):
            raise _Stop
    return table


def _key(reader: _Reader) -> str:
    """The name of the next item; empty where it has none."""
    after = reader.tokens[reader.position + 1 : reader.position + 4]
    kind, token = reader.peek()
    if kind == "name" and after[:1] == [("symbol", "=")]:
        reader.position += 2
        return token
    if (kind, token) == ("symbol", "[") and after[1:] == [("symbol", "]"), ("symbol", "=")]:
        reader.position += 4
        return after[0][1]
    return ""
