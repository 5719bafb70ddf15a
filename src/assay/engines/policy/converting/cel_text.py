"""Pieces of CEL as text: literals, fields, patterns, and what joins them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assay.engines.policy.converting.losses import unsayable

MAX_LENGTH = 32 << 10
"""Characters of one expression; the API server takes a few times as many."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(("in", "true", "false", "null", "as", "break", "const", "continue", "else", "for", "function",
                       "if", "import", "let", "loop", "package", "return", "var", "void", "while"))  # fmt: skip
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Kind(StrEnum):
    """What is known of the type of an expression."""

    ANY = "any"
    LIST = "list"
    TEXT = "string"
    NUMBER = "number"
    BOOL = "bool"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Cel:
    """An expression; `optional` where `text` is a chain that must be closed with ``orValue``."""

    text: str
    kind: Kind = Kind.ANY
    optional: bool = False
    nullable: bool = False
    plain: bool = False
    """A text that holds no wildcards, as the name of an operation or kind."""
    joined: str = ""
    """Of a list of lists: them as one list."""

    def closed(self, default: str = "null") -> str:
        """The value, or `default` where there is none."""
        if not self.optional:
            return self.text
        return f"{self.text}.orValue({'dyn(null)' if default == 'null' and self.text.endswith(']') else default})"


def quoted(text: str) -> str:
    """A text as CEL writes it."""
    return "'" + "".join(_ESCAPES.get(each, each) for each in text) + "'"


def literal(value: Any) -> str:
    """A value of JSON as CEL writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(str(key))}: {literal(item)}" for key, item in value.items()) + "}"
    return repr(value)


def chosen(base: str, name: str, *, optional: bool = False) -> str:
    """The field `name` of `base`; with `optional` one that may not be there."""
    mark = "?" if optional else ""
    if _NAME.fullmatch(name) and name not in _RESERVED:
        return f"{base}.{mark}{name}"
    return f"{base}[{mark}{quoted(name)}]"


def pattern(glob: str) -> str:
    """A regular expression (RE2) that takes what the wildcards of `glob` take."""
    inner = "".join({"*": ".*", "?": "."}.get(each, _escaped(each)) for each in glob)
    flag = "(?s)" if "*" in glob or "?" in glob else ""
    return f"^{flag}{inner}$"


def _escaped(character: str) -> str:
    return f"\\{character}" if character in r"\.+()[]{}|^$" else character


def every(parts: Iterable[str]) -> str:
    """All must hold."""
    return _joined([part for part in parts if part != "true"], "&&", "true", "false")


def some(parts: Iterable[str]) -> str:
    """One must hold."""
    return _joined([part for part in parts if part != "false"], "||", "false", "true")


def _joined(parts: list[str], sign: str, empty: str, decides: str) -> str:
    parts = list(dict.fromkeys(parts))
    if decides in parts:
        return decides
    if len(parts) < 2:
        return parts[0] if parts else empty
    found = f" {sign} ".join(wrapped(part) for part in parts)
    if len(found) > MAX_LENGTH:
        unsayable(f"the expression has over {MAX_LENGTH} characters")
    return found


def negated(part: str) -> str:
    """It must not hold."""
    if part in ("true", "false"):
        return "false" if part == "true" else "true"
    if part.startswith("!") and _is_closed(part):
        return part[1:]
    return f"!{part}" if _is_closed(part) else f"!({part})"


def wrapped(part: str) -> str:
    """In parentheses where an operator stands outside of any."""
    return part if _is_closed(part) or _is_comparison(part) else f"({part})"


def _outside(part: str) -> str:
    """What of an expression is in no parentheses and in no text."""
    found, depth, at = [], 0, 0
    while at < len(part):
        each = part[at]
        if each == "'":
            at += 1
            while at < len(part) and part[at] != "'":
                at += 2 if part[at] == "\\" else 1
            found.append("_")
        elif each in "([{":
            depth += 1
        elif each in ")]}":
            depth -= 1
            found.append("_")
        elif not depth:
            found.append(each)
        at += 1
    return "".join(found)


def _is_closed(part: str) -> bool:
    return " " not in _outside(part).strip() and not part.startswith("-")


def _is_comparison(part: str) -> bool:
    outside = _outside(part)
    return not any(sign in outside for sign in ("&&", "||", " ? "))
