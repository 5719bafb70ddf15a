"""Valid Rego that regorus' parser does not take, rewritten before it is parsed; lines stay where they are.

1. ``head { a } { b }`` (bodies in a row) becomes ``head { a } head { b }``.
2. A bracket on a new line begins a new expression, never a call or an index of what stands before it
   (Rego's grammar allows no space there): a semicolon is put between them.
3. Builtins that OPA still has under old names are called by their new ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from assay.engines.policy.rego.faults import NoRego

MAX_BYTES = 1 << 20
_TOKEN = re.compile(
    r'(?P<space>[ \t\r]+)|(?P<newline>\n)|(?P<comment>\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>[0-9][0-9.eE]*)|(?P<sign>:=|[=!<>]=|.)",
    re.DOTALL,
)
MAX_DEPTH = 12
MAX_CHAIN = 100
MAX_PARENTHESES = 30
_ENDS_CHAIN = frozenset((",", ";"))
_RENAMED = {
    "re_match": "regex.match",
    "set_diff": "data.assay.builtins.set_diff",
    "any": "data.assay.builtins.any_of",
    "all": "data.assay.builtins.all_of",
}
_KEYWORDS = frozenset(("else", "not", "some", "in", "with", "as", "every", "if", "contains", "default", "import"))
_VALUE = frozenset(("=", ":=", "else"))
"""Before an opening brace: what begins is a value, or the body of an ``else``."""
_CLOSING = frozenset(")]}")


class Token(NamedTuple):
    """A piece of source that is neither space nor comment."""

    kind: str
    text: str
    start: int
    after_newline: bool

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def ends_term(self) -> bool:
        """Whether a term can end here."""
        return (
            self.kind in ("string", "number")
            or (self.kind == "name" and self.text not in _KEYWORDS)
            or (self.text in _CLOSING)
        )


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a module."""
    newline = True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "newline":
            newline = True
        elif kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start(), newline)
            newline = False


def repaired(text: str) -> str:
    """`text` as regorus takes it; raises `NoRego` for one that is too long."""
    if len(text.encode()) > MAX_BYTES:
        raise NoRego(f"a module of over {MAX_BYTES} bytes", "split the policy")
    found = list(tokens(text))
    _bounded(found, text)
    edits = [*_bodies(text, found), *_brackets(found), *_renamed(found)]
    return edited(text, edits)


def _bounded(found: Sequence[Token], text: str) -> None:
    """Refuse what regorus' parser, which recurses without a bound, would not survive."""
    depth, chains = 0, [0]
    for token in found:
        change = _change(token)
        depth += change if token.text not in ("(", ")") else 0
        if change > 0:
            chains.append(0)
        elif change < 0 and len(chains) > 1:
            chains.pop()
        elif token.text in _ENDS_CHAIN or token.after_newline:
            chains[-1] = 0
        chains[-1] += token.kind == "sign" and token.text not in _ENDS_CHAIN
        if depth > MAX_DEPTH or chains[-1] > MAX_CHAIN or len(chains) > MAX_DEPTH + MAX_PARENTHESES:
            line = text.count("\n", 0, token.start) + 1
            what = f"line {line}: brackets over {MAX_DEPTH} deep, or over {MAX_CHAIN} operators in a row"
            raise NoRego(what, "write it in several rules", line)


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """`text` with the pieces between start and end replaced."""
    parts, at = list[str](), 0
    for start, end, new in sorted(edits):
        parts += (text[at:start], new)
        at = max(at, end)
    return "".join(parts) + text[at:]


def _bodies(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Heads repeated before a body that follows another on the top level."""
    depth, start, head, body = 0, 0, "", False
    for before, token in zip([None, *found], found, strict=False):
        if not depth and token.kind == "name" and token.after_newline and token.text != "else":
            start, head = token.start, ""
        if token.text == "{" and not depth and before is not None:
            follows = before.text == "}" and body
            body = before.text not in _VALUE
            if follows and head:
                yield token.start, token.start, head
            elif body and not follows:
                head = _line(text[start : token.start])
        depth += _change(token)


def _line(head: str) -> str:
    """A head in one line, so that what follows keeps its line; none where a comment would swallow it."""
    return "" if "#" in head or "else" in head.split() else " ".join(head.split()) + " "


def _change(token: Token) -> int:
    return (token.text in "{[(") - (token.text in "}])") if token.kind == "sign" else 0


def _brackets(found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    depth = 0
    for before, token in pairwise(found):
        depth += _change(before)
        if depth > 0 and token.after_newline and token.text in ("(", "[") and before.ends_term:
            yield before.end, before.end, ";"


def _renamed(found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    own = {token.text for token in found if token.after_newline}
    for position, token in enumerate(found[:-1]):
        new = _RENAMED.get(token.text) if token.kind == "name" else None
        called = found[position + 1].text == "(" and found[position + 1].start == token.end
        if new and called and token.text not in own and (not position or found[position - 1].text != "."):
            yield token.start, token.end, new
