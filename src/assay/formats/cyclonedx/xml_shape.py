"""XML elements to the JSON form and back, by the table ``elements.json``.

::

    <component type="library" bom-ref="a"><name>acme</name><hashes><hash alg="MD5">...</hash></hashes></component>
    {"type": "library", "bom-ref": "a", "name": "acme", "hashes": [{"alg": "MD5", "content": "..."}]}

Attributes and children become keys; an element that only holds a list of others becomes a list; text beside attributes
goes to the key that JSON has for it. What is shaped otherwise is in `xml_special`. Attributes and elements of foreign
namespaces are kept as they are under ``@attributes`` and ``@elements`` (for a list: under ``@NAME`` of its holder).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from assay.formats.cyclonedx import xml_special
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.xml import local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "http://cyclonedx.org/schema/bom/"
ATTRIBUTES = "@attributes"
ELEMENTS = "@elements"

Part = tuple[str, Json, str]
"""A child to be written: element name, value in the JSON form, type."""


class Child(NamedTuple):
    """A child element: its type (of the table, or a scalar kind) and whether it repeats."""

    name: str
    type: str
    repeats: bool


class Shape(NamedTuple):
    """A complex type."""

    attributes: Mapping[str, str]
    children: Mapping[str, Child]
    text: str
    is_list: bool


@cache
def shapes() -> Mapping[str, Shape]:
    """The table."""
    table = json.loads(resources.files(__package__).joinpath("elements.json").read_bytes())
    return {name: _shape(entry) for name, entry in table.items()}


def _shape(entry: Object) -> Shape:
    children = {}
    for name, kind, repeats in map(as_list, as_list(entry.get("children"))):
        children[as_text(name)] = Child(as_text(name), as_text(kind), bool(repeats))
    attributes = {name: as_text(kind) for name, kind in as_object(entry.get("attributes")).items()}
    return Shape(attributes, children, as_text(entry.get("text")), entry.get("list") is True)


def read(element: Element, kind: str) -> Json:
    """The value of an element of a type of the table, or of a scalar kind."""
    special = xml_special.READERS.get(kind)
    if special is not None:
        return special(element)
    shape = shapes().get(kind)
    if shape is None:
        return scalar(element.text or "", kind)
    if shape.is_list:
        (child,) = shape.children.values()
        return [read(item, child.type) for item in element if local(item) == child.name and is_own(item)]
    if not shape.text and not len(element) and not element.attrib and (element.text or "").strip():
        return scalar(element.text or "", "t")
    return _read_object(element, kind, shape)


def _read_object(element: Element, kind: str, shape: Shape) -> Object:
    value: Object = {}
    for name, text in element.attrib.items():
        if name in shape.attributes:
            value[xml_special.json_name(kind, name)] = scalar(text, shape.attributes[name])
    if shape.text:
        value[xml_special.TEXT_KEYS.get(kind, "content")] = scalar(element.text or "", shape.text)
    for item in element:
        child = shape.children.get(local(item)) if is_own(item) else None
        if child is not None:
            _add(value, xml_special.json_name(kind, child.name), child, item)
    return value | foreign(element, shape)


def _add(value: Object, key: str, child: Child, item: Element) -> None:
    content = read(item, child.type)
    if child.repeats and isinstance(content, list):
        as_list(value.setdefault(key, [])).extend(content)
    elif child.repeats:
        as_list(value.setdefault(key, [])).append(content)
    else:
        value[key] = content
    shape = shapes().get(child.type)
    if isinstance(content, list) and shape is not None and (rest := foreign(item, shape)):
        value[f"@{child.name}"] = rest


def foreign(element: Element, shape: Shape) -> Object:
    """What other namespaces put into an element."""
    found: Object = {}
    attributes: Object = {name: text for name, text in element.attrib.items() if name not in shape.attributes}
    if attributes:
        found[ATTRIBUTES] = attributes
    elements: list[Json] = [
        as_written(item) for item in element if not is_own(item) or local(item) not in shape.children
    ]
    if elements:
        found[ELEMENTS] = elements
    return found


def is_own(element: Element) -> bool:
    """Whether an element is of CycloneDX itself."""
    return element.tag.startswith("{" + NAMESPACE)


def as_written(element: Element) -> str:
    """An element of a foreign namespace as text, without what follows it."""
    tail, element.tail = element.tail, None
    text = ElementTree.tostring(element, encoding="unicode")
    element.tail = tail
    return text


def scalar(text: str, kind: str) -> Json:
    """Text by its kind; what is not of its kind stays text."""
    if kind == "s":
        return text
    text = text.strip()
    if kind == "b":
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    try:
        return (int(text) if kind == "i" else _number(text)) if kind in "in" else text
    except ValueError:
        return text


def _number(text: str) -> Json:
    if len(text) > 100:
        return text
    value = float(text)
    if value != value or value in (float("inf"), float("-inf")):
        return text
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def parts(value: Object, kind: str) -> tuple[dict[str, Json], str | None, list[Part]]:
    """The attributes, the text and the children of an object, the latter in the order of the table."""
    shape = shapes()[kind]
    attributes = {name: value[key] for name in shape.attributes if (key := xml_special.json_name(kind, name)) in value}
    text = as_text(value.get(xml_special.TEXT_KEYS.get(kind, "content"))) if shape.text else None
    return attributes, text, list(_children(value, kind, shape))


def _children(value: Object, kind: str, shape: Shape) -> Iterator[Part]:
    for child in shape.children.values():
        key = xml_special.json_name(kind, child.name)
        if key not in value:
            continue
        content = value[key]
        of_lists = child.type in shapes() and shapes()[child.type].is_list
        for item in content if child.repeats and isinstance(content, list) and not of_lists else [content]:
            yield child.name, item, child.type
