"""``location`` of a mutator: ``spec.containers[name: *].image``, parsed; and the path tests that go with it.

Names may be quoted; a list is entered by the value of a key, or with ``*`` in every element.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from assay.engines.policy.cel.fields import objects, only, text, wrong
from assay.errors import Malformed
from assay.model.policy import Object

MAX_LENGTH = 4096
MUST_EXIST, MUST_NOT_EXIST = "MustExist", "MustNotExist"
_TOKEN = re.compile(
    r"\s*(?:(?P<int>[0-9]+)(?![A-Za-z_-])|(?P<name>[A-Za-z_-][A-Za-z0-9_-]*)|(?P<sign>[.\[\]*:])"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))",
    re.DOTALL,
)


class Field(NamedTuple):
    """A field of an object."""

    name: str


class Element(NamedTuple):
    """An element of a list whose elements are known by `key`; `value` is None for every one."""

    key: str
    value: str | int | None


Node = Field | Element
Location = tuple[Node, ...]


def parse(source: str) -> Location:
    """Raises `Malformed`."""
    if len(source) > MAX_LENGTH:
        raise Malformed(f"a location of over {MAX_LENGTH} characters")
    return _Parser(source).location()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source, self._tokens, self._at = source, [*_tokens(source)], 0

    def location(self) -> Location:
        nodes: list[Node] = []
        while True:
            nodes.append(Field(self._take("name")))
            if self._is("["):
                nodes.append(self._element())
            if self._at == len(self._tokens):
                return tuple(nodes)
            self._sign(".")

    def _element(self) -> Element:
        self._sign("[")
        key = self._take("name")
        self._sign(":")
        value: str | int | None = None
        if self._is("*"):
            self._sign("*")
        elif self._at < len(self._tokens) and self._tokens[self._at][0] == "int":
            value = int(self._take("int"))
        else:
            value = self._take("name")
        self._sign("]")
        return Element(key, value)

    def _is(self, sign: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)

    def _sign(self, sign: str) -> None:
        if not self._is(sign):
            self._fail(repr(sign))
        self._at += 1

    def _take(self, kind: str) -> str:
        if self._at == len(self._tokens) or self._tokens[self._at][0] != kind:
            self._fail("a field name" if kind == "name" else "a number")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _fail(self, wanted: str) -> NoReturn:
        found = repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"
        raise Malformed(f"location {self._source!r:.200}: {wanted} is expected, and {found:.80} stands there")


def _tokens(source: str) -> Sequence[tuple[str, str]]:
    found, at, end = list[tuple[str, str]](), 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            raise Malformed(f"location {source!r:.200}: nothing that is known stands at {at}")
        kind = match.lastgroup or ""
        value = match.group(kind)
        found.append(
            ("name", re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)) if kind == "string" else (kind, value)
        )
        at = match.end()
    return found


@dataclass(frozen=True, slots=True)
class PathTests:
    """Which parts of a location must exist, or must not, by their depth."""

    conditions: Mapping[int, str]

    @classmethod
    def load(cls, parameters: Object, location: Location, place: str) -> PathTests:
        """From the field ``pathTests``; raises `Malformed` for a path that is no part of the location."""
        found: dict[int, str] = {}
        for item, where in objects(parameters, "pathTests", place):
            only(item, ("subPath", "condition"), where)
            path = parse(text(item, "subPath", where))
            condition = text(item, "condition", where, (MUST_EXIST, MUST_NOT_EXIST))
            if path != location[: len(path)]:
                wrong(f"{where}.subPath", "must be the beginning of the location")
            if found.setdefault(len(path) - 1, condition) != condition:
                wrong(where, "the path must exist and must not exist")
        absent = [depth for depth, condition in found.items() if condition == MUST_NOT_EXIST]
        present = [depth for depth, condition in found.items() if condition == MUST_EXIST]
        if absent and present and max(present) > min(absent):
            wrong(f"{place}.pathTests", "a path must exist below one that must not")
        return cls(found)

    def may_exist(self, depth: int) -> bool:
        """Whether the part at `depth` may be there."""
        return self.conditions.get(depth) != MUST_NOT_EXIST

    def may_be_missing(self, depth: int) -> bool:
        """Whether the part at `depth` may be absent."""
        return self.conditions.get(depth) != MUST_EXIST
