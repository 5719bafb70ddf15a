"""XML read with bounds: no document type declarations (hence no entities), limited size and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.errors import LimitExceeded, Malformed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 128 << 20
MAX_DEPTH = 200


def load(data: bytes) -> Element:
    """The root element; names keep their namespace as ``{uri}local``.

    Raises `Malformed` for what is no XML or declares a document type with an internal subset, `LimitExceeded` for
    what is too large or too deep.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"XML of {len(data)} bytes (at most {MAX_BYTES})")
    from xml.etree.ElementTree import TreeBuilder
    from xml.parsers import expat

    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = 0

    def name(raw: str) -> str:
        return "{" + raw if "}" in raw else raw

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"XML nested deeper than {MAX_DEPTH}")
        builder.start(name(tag), {name(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name(tag))

    def entity(*_: object) -> None:
        raise Malformed("XML declares entities, which are refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Malformed(f"not XML: {error}") from error
    except (ValueError, LookupError) as error:
        raise Malformed(f"not XML: {error}") from error
    return builder.close()


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
