"""CycloneDX XML, written: ``write(sbom, "1.7")``, indented by two spaces.

Characters that XML cannot hold become U+FFFD; in addresses, characters that an ``anyURI`` may not hold are escaped.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from assay.formats.cyclonedx import xml_shape, xml_special
from assay.formats.cyclonedx.document_writer import build
from assay.formats.cyclonedx.fit import NEWEST
from assay.formats.json import Json, Object, as_list, as_object
from assay.model.sbom import Sbom

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_REFERENCE = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?!//)|(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@:\[\]]*(?::[^/?#@\[\]]*)?@)?"
    r"(?:[^/?#@:\[\]]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?(?=[/?#]|\Z)|(?=[^/:?#]*(?:[/?#]|\Z))(?!//))"
    r"[^?#\[\]]*(?:\?[^#\[\]]*)?(?:#[^#\[\]]*)?\Z"
)
_NOT_URI = re.compile(r"%(?![0-9A-Fa-f]{2})|[\x00-\x20<>\"{}|\\^`]")


def write(sbom: Sbom, version: str = NEWEST) -> bytes:
    """The document in that version."""
    document, _ = build(sbom, version, foreign=True)
    writer = _Writer(version)
    writer.element("bom", document, "bom", "", f' xmlns="{xml_shape.NAMESPACE}{version}"')
    return ("\n".join(writer.lines) + "\n").encode()


class _Writer:
    """Collects the lines; XML wants each `bom-ref` only once, so a second one gets a number."""

    def __init__(self, version: str) -> None:
        self._version = version
        self.lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        self._references: set[str] = set()

    def element(self, name: str, value: Json, kind: str, indent: str, attributes: str = "", more: Json = None) -> None:
        """An element of a type of the table; `more` are elements of foreign namespaces to go into it."""
        shape = xml_shape.shapes().get(kind)
        if kind == "bomReferenceType":
            self.lines.append(f"{indent}<{name} ref={_quoted(value)}/>")
        elif shape is None or (isinstance(value, str) and kind not in xml_special.WRITERS):
            self.lines.append(f"{indent}<{name}{attributes}>{_scalar(value, kind)}</{name}>")
        else:
            self._object(name, value, kind, shape, indent, attributes, more)

    def _object(
        self, name: str, value: Json, kind: str, shape: xml_shape.Shape, indent: str, attributes: str, more: Json
    ) -> None:
        fields = as_object(value)
        own, text, children = _content(value, kind, shape)
        if kind == "component" and self._version == "1.5":
            children = _one_data(children)
        written = "".join(f" {key}={_quoted(self._own(key, item))}" for key, item in own.items())
        start = f"{indent}<{name}{attributes}{written}{_foreign(as_object(fields.get(xml_shape.ATTRIBUTES)))}"
        foreign = [*as_list(fields.get(xml_shape.ELEMENTS)), *as_list(more)]
        if text is not None:
            self.lines.append(f"{start}>{_scalar(text, 's')}</{name}>")
        elif not children and not foreign:
            self.lines.append(f"{start}/>")
        else:
            self.lines.append(f"{start}>")
            for child, item, child_kind in children:
                held = as_object(fields.get(f"@{child}"))
                outer = _foreign(as_object(held.get(xml_shape.ATTRIBUTES)))
                self.element(child, item, child_kind, indent + "  ", outer, held.get(xml_shape.ELEMENTS))
            self.lines.extend(f"{indent}  {item}" for item in foreign)
            self.lines.append(f"{indent}</{name}>")

    def _own(self, key: str, value: Json) -> str:
        """An attribute's value; a reference that was there before gets a number."""
        if key != "bom-ref":
            return _plain(value)
        reference, number = _plain(value), 2
        while reference in self._references:
            reference, number = f"{_plain(value)}#{number}", number + 1
        self._references.add(reference)
        return reference


def _one_data(children: list[xml_shape.Part]) -> list[xml_shape.Part]:
    """The XML schema of 1.5, unlike the JSON schema, knows one `data` in a component."""
    first = next((part for part in children if part[0] == "data"), None)
    return [part for part in children if part[0] != "data" or part is first]


def _content(
    value: Json, kind: str, shape: xml_shape.Shape
) -> tuple[dict[str, Json], str | None, list[xml_shape.Part]]:
    special = xml_special.WRITERS.get(kind)
    if special is not None:
        own: dict[str, Json] = {"ref": as_object(value)["ref"]} if kind == "dependencyType" else {}
        return own, None, special(value)
    if shape.is_list:
        (child,) = shape.children.values()
        return {}, None, [(child.name, item, child.type) for item in as_list(value)]
    return xml_shape.parts(as_object(value), kind)


def _foreign(attributes: Object) -> str:
    """Attributes of foreign namespaces, each with a prefix of its own."""
    written = ""
    for number, (name, value) in enumerate(attributes.items()):
        uri, _, plain = name.rpartition("}")
        prefix = f"a{number}"
        declared = f' xmlns:{prefix}="{_escaped(uri[1:], _ATTRIBUTE)}"' if uri else ""
        written += f"{declared} {prefix + ':' if uri else ''}{plain}={_quoted(value)}"
    return written


def _scalar(value: Json, kind: str) -> str:
    text = _plain(value)
    return _escaped(_uri(text) if kind == "u" else text, _TEXT)


def _quoted(value: Json) -> str:
    return f'"{_escaped(_plain(value), _ATTRIBUTE)}"'


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _escaped(text: str, table: dict[int, str]) -> str:
    return _ILLEGAL.sub("\ufffd", text).translate(table)


def _uri(text: str) -> str:
    """An address as it is if it is one (RFC 3986, 4.1), with single characters escaped, or escaped as a whole."""
    escaped = _NOT_URI.sub(lambda match: f"%{ord(match[0]):02X}", _ILLEGAL.sub("\ufffd", text))
    return escaped if _REFERENCE.match(escaped) else quote(escaped, safe="%")
