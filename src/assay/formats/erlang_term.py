"""Terms of Erlang and Elixir as their tools write them to files: literals only, nothing is evaluated.

Erlang (Reference Manual, "Data Types"; `file:consult/1`) ends each term of a file with a full stop; Elixir (Syntax
reference, "Literals") has one term, here a map::

    {"1.2.0", [{<<"cowboy">>, {pkg, <<"cowboy">>, <<"2.9.0">>}, 0}]}.
    %{"plug": {:hex, :plug, "1.11.1", [repo: "hexpm"]}}

Tuples become tuples, lists lists, maps dictionaries, strings and binaries `str`, atoms and numbers `Atom`; a keyword
``repo: "hexpm"`` becomes the tuple ``(Atom("repo"), "hexpm")``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.errors import LimitExceeded, Malformed

MAX_BYTES = 64 << 20
MAX_DEPTH = 100


class Atom(str):
    """An atom or a number: a name that stands for itself."""

    __slots__ = ()


Term = str | tuple["Term", ...] | list["Term"] | dict[str, "Term"]
"""Any literal term; an `Atom` is a `str`."""

_STRING = r'"(?:[^"\\]|\\.)*"'
_WORD = r"[A-Za-z_][\w@]*[?!]?"
_PUNCTUATION = rf"""
    |(?P<open>%\{{|\#\{{|\{{|\[|<<)
    |(?P<close>\}}|\]|>>)
    |(?P<arrow>=>|:=)
    |(?P<ignored>,|/[a-z0-9-]+|\|)
    |(?P<string>{_STRING})
    |(?P<number>[+-]?\d[\w\#]*(?:\.\d[\w+-]*)?)
"""
_ELIXIR = re.compile(
    rf"(?P<space>(?:\s|\#[^\n]*\n)+)|(?P<key>(?:{_WORD}|{_STRING}):(?=\s))|(?P<atom>:(?:{_WORD}|{_STRING}))"
    rf"{_PUNCTUATION}|(?P<word>{_WORD})",
    re.VERBOSE | re.DOTALL,
)
_ERLANG = re.compile(
    rf"(?P<space>(?:\s|%[^\n]*(?:\n|\Z))+)|(?P<quoted>'(?:[^'\\]|\\.)*'){_PUNCTUATION}|(?P<word>{_WORD})|(?P<stop>\.)",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Frame:
    opener: str = ""
    items: list[Term] = field(default_factory=list)
    key: str | None = None

    def add(self, term: Term) -> None:
        if self.key is not None:
            term, self.key = (self.key, term), None
        self.items.append(term)

    def arrow(self) -> None:
        if self.items and isinstance(self.items[-1], str):
            self.key = str(self.items.pop())

    def close(self) -> Term:
        if self.opener == "[":
            return self.items
        if self.opener == "{":
            return tuple(self.items)
        if self.opener == "<<":
            return "".join(item for item in self.items if isinstance(item, str))
        pairs = (item for item in self.items if isinstance(item, tuple) and len(item) == 2)
        return {str(key): value for key, value in pairs if isinstance(key, str)}


_CLOSERS = {"[": "]", "{": "}", "%{": "}", "#{": "}", "<<": ">>"}


def load_elixir(text: str) -> Term:
    """The one term of an Elixir file; raises `Malformed` for what is no literal term."""
    terms = list(_terms(text, _ELIXIR))
    if len(terms) != 1:
        raise Malformed(f"not one Elixir term but {len(terms)}")
    return terms[0]


def load_erlang(text: str) -> list[Term]:
    """The terms of an Erlang file; raises `Malformed` for what are no literal terms."""
    return list(_terms(text, _ERLANG))


def _terms(text: str, grammar: re.Pattern[str]) -> Iterator[Term]:
    if len(text) > MAX_BYTES:
        raise LimitExceeded(f"terms of {len(text)} characters (at most {MAX_BYTES})")
    stack = [_Frame()]
    position = 0
    while position < len(text):
        match = grammar.match(text, position)
        if match is None:
            raise Malformed(f"no term at character {position}: {text[position : position + 20]!r}")
        position = match.end()
        _take(match.lastgroup or "", match[0], stack)
    if len(stack) > 1:
        raise Malformed(f"terms end inside {stack[-1].opener!r}")
    yield from stack[0].items


def _take(kind: str, token: str, stack: list[_Frame]) -> None:
    top = stack[-1]
    if kind == "open":
        if len(stack) > MAX_DEPTH:
            raise LimitExceeded(f"terms nested deeper than {MAX_DEPTH}")
        stack.append(_Frame(token))
    elif kind == "close":
        if _CLOSERS.get(top.opener) != token:
            raise Malformed(f"{token!r} closes {top.opener or 'nothing'!r}")
        stack.pop()
        stack[-1].add(top.close())
    elif kind == "key":
        top.key = Atom(_text(token[:-1]))
    elif kind == "arrow":
        top.arrow()
    elif kind in ("string", "atom", "quoted", "word", "number"):
        top.add(_text(token) if kind == "string" else Atom(_text(token.removeprefix(":"))))


def _text(token: str) -> str:
    if token[:1] not in ('"', "'"):
        return token
    return _ESCAPE.sub(r"\1", token[1:-1]) if "\\" in token else token[1:-1]
