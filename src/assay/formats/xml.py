"""XML read with bounds: no document type declarations (hence no entities), limited size and depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.errors import LimitExceeded, Malformed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element, TreeBuilder

MAX_BYTES = 128 << 20
MAX_STREAM = 2 << 30
MAX_DEPTH = 200
_PIECE = 1 << 20


def load(data: bytes) -> Element:
    """The root element; names keep their namespace as ``{uri}local``.

    Raises `Malformed` for what is no XML or declares a document type with an internal subset, `LimitExceeded` for
    what is too large or too deep.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"XML of {len(data)} bytes (at most {MAX_BYTES})")
    found = list(each(data, 0))
    if not found:
        raise Malformed("not XML: no element")
    return found[0]


def each(data: bytes, depth: int) -> Iterator[Element]:
    """The elements at a depth (the root is 0), one after the other: a large document is never held as a whole.

    Raises as `load` does, of its size only beyond `MAX_STREAM`.
    """
    if len(data) > MAX_STREAM:
        raise LimitExceeded(f"XML of {len(data)} bytes (at most {MAX_STREAM})")
    from xml.parsers import expat

    building = _Building(depth)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.data
    parser.EntityDeclHandler = building.entity
    view = memoryview(data)
    try:
        for start in range(0, len(data), _PIECE):
            parser.Parse(view[start : start + _PIECE], False)
            yield from building.taken()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Malformed(f"not XML: {error}") from error
    except (ValueError, LookupError) as error:
        raise Malformed(f"not XML: {error}") from error
    yield from building.taken()


class _Building:
    """Builds the elements at one depth."""

    def __init__(self, wanted: int) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self._make = TreeBuilder
        self._wanted = wanted
        self._depth = 0
        self._builder: TreeBuilder | None = None
        self._done: list[Element] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self._depth == self._wanted:
            self._builder = self._make()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceeded(f"XML nested deeper than {MAX_DEPTH}")
        if self._builder is not None:
            self._builder.start(_name(tag), {_name(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._builder is not None:
            self._builder.end(_name(tag))
            if self._depth == self._wanted:
                self._done.append(self._builder.close())
                self._builder = None

    def data(self, text: str) -> None:
        """Text."""
        if self._builder is not None:
            self._builder.data(text)

    def entity(self, *_: object) -> None:
        """Entities are refused: they may be bombs."""
        raise Malformed("XML declares entities, which are refused")

    def taken(self) -> list[Element]:
        """What is whole by now."""
        done, self._done = self._done, []
        return done


def _name(raw: str) -> str:
    return "{" + raw if "}" in raw else raw


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    return next((item for item in element if local(item) == name), None)


def children(element: Element, name: str) -> list[Element]:
    """All children of that local name."""
    return [item for item in element if local(item) == name]


def text(element: Element | None, *path: str) -> str:
    """The stripped text of the element reached by child names; empty where there is none."""
    for name in path:
        element = child(element, name) if element is not None else None
    return (element.text or "").strip() if element is not None else ""
