"""The table of programs, `programs.toml`: read at the first wanted file, its expressions compiled when first
used.

Its head says what each key means. Expressions run on bytes; ``<<`` and ``>>`` enclose the version, ``#`` is a
number::

    [haproxy]
    name = "haproxy"
    purl = "pkg:generic/haproxy"
    cpes = ["haproxy:haproxy"]
    match = ['HA-Proxy version <<#\\.#(?:\\.|-dev)#>>']
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from assay.formats import purl
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.ecosystem import Content
from assay.model.purl import Purl

# What stands behind a number that cannot be a digit: no way back into the number is needed.
_BEHIND = r"(?=(?:\(\?:)?(?:\\\.|-)|(?:>>)?(?:\\x00|-))"
_FIRST = re.compile(rf"\A((?:\(\?s\))?(?:<<)?)#{_BEHIND}")
_SETTLED = re.compile(rf"(?<!\\)#{_BEHIND}")
_NUMBER = re.compile(r"(?<!\\)#")
_ATOM = re.compile(r"\\x[0-9a-f]{2}|\\[^\w]|[\w /:@=,%'\"-]")
_LEAD = re.compile(rf"(?P<before>\[[^\]]+\])?(?P<literal>(?:{_ATOM.pattern})+)")
_GROUP = re.compile(r"\\.|\[[^\]]*\]|\([^()]*\)")
_SECTIONS = ("evidence", "parsers")


@dataclass(frozen=True, slots=True)
class Match:
    """A version, and the other named groups that a CPE may want."""

    version: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the table, under its `key` there."""

    key: str
    name: str
    purl: Purl | None
    cpes: tuple[str, ...]
    match: tuple[str, ...]
    also: tuple[bytes, ...] = ()
    named: str = ""
    inside: str = ""
    linked: str = ""
    linked_first: bool = False
    linked_to: str = ""
    beside: str = ""
    last: bool = False

    def search(self, path: str, content: Content) -> Match | None:
        """The version that the bytes tell, None where the conditions or no expression hold."""
        if self.inside and not re.search(self.inside, path):
            return None
        if any(content.find(literal) < 0 for literal in self.also):
            return None
        filled = ""
        if self.named:
            by_name = re.search(self.named, path)
            if by_name is None:
                return None
            filled = re.escape(by_name["name"])
        return search(self.match, content, filled, last=self.last)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that tells something of another: `library` is what a program links, as a regular expression."""

    key: str
    library: str
    match: tuple[str, ...]
    named: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What a parser tries: `each` on its own, and the first that matches of `first`; `evidence` as facts."""

    each: tuple[Program, ...]
    first: tuple[Program, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All of it, by key."""

    programs: Mapping[str, Program]
    evidence: Mapping[str, Evidence]
    tasks: Mapping[str, Task]

    def task(self, parser: str) -> Task:
        """What the parser of that name tries: what the table says, else the program of the same name."""
        return self.tasks.get(parser) or Task((self.programs[parser],), (), ())


@cache
def table() -> Table:
    """The table, read once."""
    import tomllib
    from pathlib import Path

    data = tomllib.loads(Path(__file__).with_name("programs.toml").read_text(encoding="utf-8"))
    programs = {key: _program(key, as_object(facts)) for key, facts in data.items() if key not in _SECTIONS}
    evidence = {key: _evidence(key, as_object(facts), programs) for key, facts in data["evidence"].items()}
    tasks = {}
    for key, facts in data["parsers"].items():
        each, first, beside = (tuple(map(as_text, as_list(facts.get(part)))) for part in ("all", "first", "evidence"))
        tasks[key] = Task(
            tuple(programs[name] for name in each),
            tuple(programs[name] for name in first),
            tuple(evidence[name] for name in beside),
        )
    return Table(programs, evidence, tasks)


def _program(key: str, facts: Object) -> Program:
    return Program(
        key,
        as_text(facts["name"]),
        purl.parse(as_text(facts["purl"])),
        tuple(map(as_text, as_list(facts["cpes"]))),
        tuple(map(as_text, as_list(facts["match"]))),
        tuple(as_text(literal).encode() for literal in as_list(facts.get("also"))),
        as_text(facts.get("named")),
        as_text(facts.get("inside")),
        as_text(facts.get("linked")) or as_text(facts.get("linked_first")),
        "linked_first" in facts,
        as_text(facts.get("linked_to")),
        as_text(facts.get("beside")),
        facts.get("last") is True,
    )


def _evidence(key: str, facts: Object, programs: Mapping[str, Program]) -> Evidence:
    """An entry of its own, or by ``program`` the expressions of one."""
    library = as_text(facts.get("library"))
    if like := programs.get(as_text(facts.get("program"))):
        return Evidence(key, library, like.match, like.named)
    return Evidence(key, library, tuple(map(as_text, as_list(facts["match"]))))


def search(expressions: tuple[str, ...], content: Content, filled: str = "", *, last: bool = False) -> Match | None:
    """The first match of the first expression that has one, or the `last` one of the line on which that
    is.
    """
    for expression in expressions:
        pattern = compiled(expression, filled)
        found = _first(pattern, lead(expression), content)
        if found is not None:
            if last:
                end = content.find(b"\n", found.end())
                *_, found = pattern.finditer(content, found.start(), end if end >= 0 else len(content))
            groups = {key: _text(value) for key, value in found.groupdict().items() if value is not None}
            return Match(groups.pop("version"), groups)
    return None


def _first(pattern: re.Pattern[bytes], led: tuple[int, bytes], content: Content) -> re.Match[bytes] | None:
    """The first match; of an expression with a lead only where that is found, which is many times faster."""
    offset, literal = led
    if not literal:
        return pattern.search(content)
    at = content.find(literal, offset)
    while at >= 0:
        if found := pattern.match(content, at - offset):
            return found
        at = content.find(literal, at + 1)
    return None


@cache
def lead(expression: str) -> tuple[int, bytes]:
    """The literal bytes that every match begins with, after so many others (0 or 1); empty where there are none."""
    bare, changed = expression, 1
    while changed:
        bare, changed = _GROUP.subn("", bare)
    start = _LEAD.match(expression)
    if start is None or "|" in bare:
        return 0, b""
    atoms = _ATOM.findall(start["literal"])
    if expression[start.end() : start.end() + 1] in ("?", "*", "+", "{"):
        del atoms[-1]  # what may be missing, or comes several times
    text = "".join(chr(int(atom[2:], 16)) if atom[:2] == "\\x" else atom[-1] for atom in atoms)
    return (1 if start["before"] else 0, text.encode("latin-1")) if len(text) > 3 else (0, b"")


@lru_cache(maxsize=1024)
def compiled(expression: str, filled: str = "") -> re.Pattern[bytes]:
    """An expression of the table as one of Python on bytes."""
    text = _FIRST.sub(r"\1[0-9][0-9]{0,8}+", expression)  # a class first, which `re` can skip to
    text = _SETTLED.sub("[0-9]{1,9}+", text)
    text = _NUMBER.sub("[0-9]{1,9}", text)
    text = text.replace("<<", "(?P<version>").replace(">>", ")").replace("{name}", filled)
    return re.compile(text.encode("ascii"))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
