"""YAML read with bounds: the events of libyaml's parser, put together without recursion, and no alias bombs.

PyYAML's own composer recurses in C, where a deep document ends the process; its parser does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Json, Object

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
MAX_EXPANDED = 5_000_000


def load(data: bytes | str) -> Json:
    """The first document of `data`; scalars keep YAML 1.1's types but dates and other objects come as strings.

    Raises `Malformed` for what is no YAML, `LimitExceeded` for documents too large, too deep, or that grow beyond
    `MAX_EXPANDED` nodes when their aliases are followed. What aliases share is one object.
    """
    first: Json = None
    for position, document in enumerate(documents(data)):
        if not position:
            first = document.value
    return first  # those behind it are only checked for being YAML


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a stream, and the line (from 1) on which its content begins."""

    value: Json
    line: int


def documents(data: bytes | str, scalar: Callable[[str, bool], Json] | None = None) -> Iterator[Document]:
    """Every document of the stream `data`; raises as `load`.

    `scalar` turns the text of a scalar, and whether it is plain (neither quoted nor tagged as text), into its
    value; the default is that of `load`.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"YAML of {len(data)} bytes (at most {MAX_BYTES})")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from _documents(yaml.parse(data, Loader=loader), scalar or core_scalar)
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):  # libyaml 0.2.6 and later have a bound of their own
            raise LimitExceeded("YAML nested too deep") from None
        raise Malformed("not YAML: " + " ".join(str(error).replace('in "<byte string>", ', "at ").split())) from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not YAML: {error}") from error


def load_object(data: bytes | str) -> Object:
    """As `load`, for documents whose top level must be a mapping."""
    value = load(data)
    if not isinstance(value, dict):
        raise Malformed(f"not a YAML mapping but {type(value).__name__}")
    return value


_Part = tuple[Json, str, int]
"""A value, the text of a scalar (for keys), and for how many nodes it stands once aliases are followed."""


@dataclass(slots=True)
class _Frame:
    """A collection that is still open."""

    value: Json
    anchor: str | None = None
    size: int = 1
    key: str | None = None

    def add(self, value: Json, text: str, size: int) -> None:
        self.size += size
        if self.size > MAX_EXPANDED:
            raise LimitExceeded(f"YAML expands to more than {MAX_EXPANDED} nodes")
        container = self.value
        if isinstance(container, list):
            container.append(value)
        elif self.key is None:
            self.key = text
        elif isinstance(container, dict):
            container[self.key], self.key = value, None


@dataclass(slots=True)
class _Builder:
    stack: list[_Frame] = field(default_factory=lambda: [_Frame([])])
    anchors: dict[str, _Part | None] = field(default_factory=dict)

    def open(self, value: Json, anchor: str | None) -> None:
        if len(self.stack) > MAX_DEPTH:
            raise LimitExceeded(f"YAML nested deeper than {MAX_DEPTH}")
        self.stack.append(_Frame(value, anchor))
        if anchor:
            self.anchors[anchor] = None

    def close(self) -> None:
        frame = self.stack.pop()
        self.take((frame.value, "", frame.size), frame.anchor)

    def take(self, part: _Part, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = part
        self.stack[-1].add(*part)

    def alias(self, name: str) -> _Part:
        part = self.anchors.get(name)
        if part is None:
            what = "refers to itself" if name in self.anchors else "has no anchor"
            raise Malformed(f"YAML alias {name[:80]!r} {what}")
        return part


def _documents(events: Iterable[yaml.Event], scalar: Callable[[str, bool], Json]) -> Iterator[Document]:
    import yaml

    builder = _Builder()
    line = 1
    for event in events:
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style not in ("'", '"', "|", ">") and event.tag not in ("tag:yaml.org,2002:str", "!")
            builder.take((scalar(event.value, plain), event.value, 1), event.anchor)
        elif isinstance(event, yaml.MappingStartEvent):
            builder.open({}, event.anchor)
        elif isinstance(event, yaml.SequenceStartEvent):
            builder.open([], event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            builder.close()
        elif isinstance(event, yaml.AliasEvent):
            builder.take(builder.alias(event.anchor or ""), None)
        elif isinstance(event, yaml.DocumentStartEvent):
            builder, line = _Builder(), event.end_mark.line + 1 if event.end_mark else 1
        elif isinstance(event, yaml.DocumentEndEvent):
            root = builder.stack[0].value
            yield Document(root[0] if isinstance(root, list) and root else None, line)


_WORDS: dict[str, Json] = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})


def core_scalar(text: str, plain: bool) -> Json:
    """Core-schema types (YAML 1.2, 10.3.2) for plain scalars; everything quoted, and numbers with a dot, is text.

    Versions are what lock files hold, and ``1.10`` must not become ``1.1``.
    """
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text.isascii() and text.isdigit() and len(text) < 19 and (text == "0" or text[0] != "0"):
        return int(text)
    return text
