"""The YAML that pnpm itself writes, read line by line: mappings indented by blanks, short flow collections, no anchors.

::

    packages:
      /@babel/core/7.18.2:
        resolution: {integrity: sha512-A8pri1YJ...}
        dependencies:
          '@jridgewell/gen-mapping': 0.1.1
        transitivePeerDependencies:
          - supports-color
        dev: true

A line that is anything else makes the whole document one for a YAML parser, which takes six times as long.
"""

from __future__ import annotations

import re

from assay.formats.json import Json, Object
from assay.formats.yaml import MAX_DEPTH, core_scalar

_MAX_BYTES = 16 << 20
_MAX_KEY = 1000  # characters; YAML takes no longer ones
_CONTROL = bytes(set(range(32)) - set(b"\n")) + b"\x7f"

# every repetition is possessive: what follows cannot begin with what it takes
_QUOTED = r"'(?:[^'\n]++|'')*+'"
_FIRST = r"[A-Za-z0-9/.^~<=_(]"
_KEY = rf"{_FIRST}[\w@/.+()~^<>=*$-]*+|{_QUOTED}"
_PLAIN = rf"{_FIRST}(?:[^\s:#]++|:(?=\S)|(?<=\S)#| (?=[^\s#]))*+"
_FLOW_PLAIN = rf"{_FIRST}(?:[^\s:#,?\[\]{{}}]++|:(?=[^\s,?\[\]{{}}])|(?<=\S)#| (?=[^\s#,?\[\]{{}}]))*+"
_ITEM = rf"(?:{_QUOTED}|{_FLOW_PLAIN})"

_LINE = re.compile(rf"^( *)(?:({_KEY}):(?: (\S[^\n]*))?|(- (?:{_QUOTED}|{_PLAIN})))?$", re.MULTILINE | re.ASCII)
"""A line: its indentation, and either key and value, or an item of a list, or nothing."""
_SCALAR = re.compile(_PLAIN)
_TEXT = re.compile(_QUOTED)
_LIST = re.compile(rf"\[(?:{_ITEM}(?:, {_ITEM})*)?\]")
_PAIR = re.compile(rf"({_KEY}): ({_ITEM})(?:, |\Z)", re.ASCII)


class _Irregular(Exception):
    """The document is to be read as YAML."""


def read(data: bytes) -> Object | None:
    """The mapping that the document holds; None where it has not the regular form."""
    if len(data) > _MAX_BYTES or not data.isascii() or len(data.translate(None, _CONTROL)) != len(data):
        return None
    text = data.decode("ascii")
    lines = _LINE.findall(text)
    if len(lines) != text.count("\n") + 1:
        return None
    try:
        return _mapping(lines)
    except _Irregular:
        return None


def _mapping(lines: list[tuple[str, str, str, str]]) -> Object:
    top: Object = {}
    stack = [(0, top)]
    waiting: tuple[Object, str] | None = None  # the last key, while it has no value
    listed = -1  # the indentation of the items that are its value
    for blanks, key, value, item in lines:
        indent, (own, here) = len(blanks), stack[-1]
        if key:
            if indent > own:
                here = _opened(stack, indent, waiting if listed < 0 else None)
            elif indent < own:
                here = _closed(stack, indent)
            name = _text(key)
            here[name] = _value(value) if value else None
            waiting, listed = None if value else (here, name), -1
        elif item:
            if waiting is None or indent < own or (listed >= 0 and indent != listed):
                raise _Irregular
            waiting[0][waiting[1]] = []  # what lists hold is of no interest
            listed = indent
    if not top:
        raise _Irregular
    return top


def _opened(stack: list[tuple[int, Object]], indent: int, waiting: tuple[Object, str] | None) -> Object:
    """The mapping that is the value of the key that waits for one."""
    if waiting is None or len(stack) >= MAX_DEPTH:
        raise _Irregular
    inner: Object = {}
    waiting[0][waiting[1]] = inner
    stack.append((indent, inner))
    return inner


def _closed(stack: list[tuple[int, Object]], indent: int) -> Object:
    """The mapping around, to which a line of this indentation belongs."""
    while stack[-1][0] > indent:
        stack.pop()
    own, here = stack[-1]
    if own != indent:
        raise _Irregular
    return here


def _text(key: str) -> str:
    if len(key) > _MAX_KEY:
        raise _Irregular
    return key[1:-1].replace("''", "'") if key[0] == "'" else key


def _value(text: str) -> Json:
    if text[0] == "{":
        return _flow(text)
    text = text.rstrip(" ")
    if text[0] == "'" and _TEXT.fullmatch(text):
        return text[1:-1].replace("''", "'")
    if text[0] == "[" and _LIST.fullmatch(text):
        return []
    if _SCALAR.fullmatch(text):
        return core_scalar(text, True)
    raise _Irregular


def _flow(text: str) -> Object:
    """``{integrity: sha512-A8pri1YJ..., tarball: https://code.example/a.tgz}``."""
    found: Object = {}
    at, end = 1, len(text) - 1
    while pair := _PAIR.match(text, at, end):
        key, value, at = pair[1], pair[2], pair.end()
        found[_text(key)] = _text(value) if value[0] == "'" else core_scalar(value, True)
    if at != end or text[end] != "}":
        raise _Irregular
    return found
