"""Long sums written with parentheses, so that the parser, which follows 32 operators deep, reads them.

``a + b + c + d`` becomes ``((a+b)+(c+d))``: the same value for texts, lists and whole numbers. Messages put together
of many parts are such sums. A sum after a difference is left as it is, for there it would be another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_STRING = r"(?:[rR][bB]?|[bB][rR])(?:\"[^\"\n]*\"|'[^'\n]*')|[bB]?(?:\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
_LONG = r"[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?''')"
_TOKEN = re.compile(
    rf"(?P<space>\s+|//[^\n]*)|(?P<text>{_LONG}|{_STRING})|(?P<word>[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?[uU]?|[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>&&|\|\||[<>=!]=|.)",
    re.DOTALL,
)
_ENDS = frozenset(("&&", "||", "==", "!=", "<=", ">=", "<", ">", "?", ":", ",", "in"))
_OPEN, _CLOSE = "([{", ")]}"
_SHORT = 4


@dataclass(slots=True)
class _Level:
    """What stands between two brackets: what is written already, and the sum that is being read."""

    opened: str = ""
    written: list[str] = field(default_factory=list)
    parts: list[list[str]] = field(default_factory=lambda: [[]])
    fixed: bool = False
    """Whether the sum comes after a difference."""

    def end(self, sign: str) -> None:
        sums = ["".join(part) for part in self.parts]
        self.written += ["+".join(sums) if self.fixed else _balanced(sums), sign]
        self.parts, self.fixed = [[]], sign == "-"


def balanced(expression: str) -> str:
    """The expression with its sums balanced; texts that are no CEL stay as wrong as they are."""
    levels = [_Level()]
    for found in _TOKEN.finditer(expression):
        token = found[0]
        if found.lastgroup == "space":
            levels[-1].parts[-1].append(" ")
        elif found.lastgroup == "text":
            levels[-1].parts[-1].append(token)
        elif token in _OPEN:
            levels.append(_Level(token))
        elif token in _CLOSE and len(levels) > 1:
            _close(levels, token)
        else:
            _sign(levels[-1], token)
    while len(levels) > 1:
        _close(levels, "")
    levels[0].end("")
    return "".join(levels[0].written)


def _close(levels: list[_Level], token: str) -> None:
    level = levels.pop()
    level.end(token)
    levels[-1].parts[-1].append(level.opened + "".join(level.written))


def _sign(level: _Level, token: str) -> None:
    operand = "".join(level.parts[-1]).strip()
    if token in _ENDS:
        level.end(f" {token} ")
    elif token == "-" and operand and operand[-1] not in "*/%!-":
        level.end("-")
    elif token == "+" and operand:
        level.parts.append([])
    else:
        level.parts[-1].append(token)


def _balanced(parts: list[str]) -> str:
    if len(parts) <= _SHORT:
        return "+".join(parts)
    middle = len(parts) // 2
    return f"({_balanced(parts[:middle])})+({_balanced(parts[middle:])})"
