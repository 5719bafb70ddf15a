"""``pack.pl`` (SWI-Prolog manual, "Structure of a pack"): facts that describe a pack.

::

    name(greeter).
    version('0.4.1').
    title('Says hello').
    author('Ada Example', 'ada@mail.example').
    home('https://greeter.example').
    requires(clock >= '1.0').
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need

_TOKEN = re.compile(
    r"(?P<space>(?:\s|%[^\n]*|/\*.*?(?:\*/|\Z))+)"
    r"|(?P<text>'(?:[^'\\]|\\(?:.|\Z)|'')*(?:'|\Z)|\"(?:[^\"\\]|\\(?:.|\Z)|\"\")*(?:\"|\Z))"
    r"|(?P<word>\w+(?:\.\w+)*)"
    r"|(?P<end>\.(?=\s|%|\Z))"
    r"|(?P<other>.)",
    re.DOTALL,
)
_FIRST = frozenset("[,")
"""What stands before a name; another operator stands before the version that it is compared with, or a flag."""
_SYSTEM = "prolog"
"""What stands for SWI-Prolog itself among the requirements."""

Token = tuple[str, str]


def parse(file: File) -> Found:
    """The pack with the names of those that it needs; nothing for a script of that name in another language."""
    facts: dict[str, list[list[Token]]] = {}
    for clause in _clauses(file.text):
        if len(clause) > 3 and clause[0][0] == "word" and clause[1][1] == "(" and clause[-1][1] == ")":
            facts.setdefault(clause[0][1], []).append(clause[2:-1])
    name, version, title = (_first(facts, key) for key in ("name", "version", "title"))
    if not name:
        if version and title:
            raise Malformed("pack.pl without a name")
        return Found()
    references = (
        ExternalReference("website", _first(facts, "home")),
        ExternalReference("distribution", _first(facts, "download")),
    )
    component = Component(
        name,
        version,
        purl=purl.attempt("swiplpack", name, version),
        presence=Presence.INSTALLED if file.path.split("/")[-3:-2] == ["pack"] else Presence.DECLARED,
        licenses=spdx_license.normalise(_first(facts, "license")),
        author=", ".join(filter(None, map(_argument, facts.get("author", [])))),
        description=title,
        references=tuple(item for item in references if "://" in item.url and "*" not in item.url),
    )
    needed = dict.fromkeys(name for fact in facts.get("requires", ()) for name in _names(fact) if name != _SYSTEM)
    provides = tuple((item, component.id) for fact in facts.get("provides", ()) for item in _names(fact))
    return Found((component,), needs=tuple(Need(component.id, (item,)) for item in needed), provides=provides)


def _clauses(text: str) -> Iterator[list[Token]]:
    """The tokens of each clause, without its full stop; what is quoted is of the kind ``text``."""
    clause: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "end":
            yield clause
            clause = []
        elif kind != "space":
            clause.append((kind, _unquoted(match[0]) if kind == "text" else match[0]))


def _unquoted(token: str) -> str:
    quote = token[0]
    return re.sub(r"\\(.)", r"\1", token[1:-1].replace(quote * 2, quote), flags=re.DOTALL)


def _first(facts: dict[str, list[list[Token]]], key: str) -> str:
    return _argument(facts[key][0]) if key in facts else ""


def _argument(tokens: list[Token]) -> str:
    """The first argument of a fact, where that is a text or a word."""
    kind, value = tokens[0] if tokens else ("", "")
    return value if kind in ("text", "word") else ""


def _names(tokens: list[Token]) -> Iterator[str]:
    """What a requirement names, without a version that it is compared with: ``clock >= '1.0'``."""
    before = ","
    for kind, value in tokens:
        if kind in ("text", "word") and value and before in _FIRST:
            yield value
        before = value if kind == "other" else ""
