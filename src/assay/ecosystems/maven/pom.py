"""pom.xml as it is written (Maven, "POM Reference"); `effective` adds what parents and properties say.

::

    <project>
      <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>1</version></parent>
      <artifactId>tool</artifactId>
      <properties><text.version>2.1</text.version></properties>
      <dependencies>
        <dependency><groupId>org.example</groupId><artifactId>text</artifactId><version>${text.version}</version></dependency>
      </dependencies>
    </project>
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.formats import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PLAIN = re.compile(
    rb"<\?xml(?:[^>]*?encoding=[\"'](?:utf-8|iso-8859-1|us-ascii)[\"']|(?![^>]*encoding))[^>]*>", re.IGNORECASE
)
_MAX_PLAIN = 4 << 20
_ENTITY = re.compile(rb"&([A-Za-z]{2,8}[0-9]{0,2});")
_OF_XML = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of `dependencies` or `dependencyManagement`."""

    group: str
    artifact: str
    version: str = ""
    scope: str = ""
    kind: str = "jar"
    classifier: str = ""
    optional: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a managed version is looked up by."""
        return self.group, self.artifact, self.kind, self.classifier


@dataclass(frozen=True, slots=True)
class Pom:
    """A project object model; texts may hold ``${properties}``."""

    group: str = ""
    artifact: str = ""
    version: str = ""
    packaging: str = "jar"
    name: str = ""
    description: str = ""
    url: str = ""
    scm: str = ""
    organization: str = ""
    licenses: tuple[str, ...] = ()
    parent: tuple[str, str, str] = ("", "", "")
    parent_path: str = "../pom.xml"
    properties: dict[str, str] = field(default_factory=dict)
    managed: tuple[Dependency, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


def parse(data: bytes) -> Pom:
    """The model of a pom.xml; raises `Malformed` for what is none."""
    root = _root(data)
    if xml.local(root) != "project":
        raise Malformed(f"not a Maven project but <{xml.local(root)[:80]}>")
    parts = {xml.local(element): element for element in reversed(root)}
    parent = parts.get("parent")
    relative = xml.child(parent, "relativePath") if parent is not None else None
    management = parts.get("dependencyManagement")
    return Pom(
        group=_text(parts, "groupId"),
        artifact=_text(parts, "artifactId"),
        version=_text(parts, "version"),
        packaging=_text(parts, "packaging") or "jar",
        name=_text(parts, "name"),
        description=" ".join(_text(parts, "description").split()),
        url=_text(parts, "url"),
        scm=xml.text(parts.get("scm"), "url"),
        organization=xml.text(parts.get("organization"), "name"),
        licenses=_licenses(parts.get("licenses")),
        parent=(xml.text(parent, "groupId"), xml.text(parent, "artifactId"), xml.text(parent, "version")),
        parent_path="../pom.xml" if relative is None else xml.text(relative),
        properties=_properties(parts.get("properties")),
        managed=_dependencies(xml.child(management, "dependencies") if management is not None else None),
        dependencies=_dependencies(parts.get("dependencies")),
    )


def _root(data: bytes) -> Element:
    """The root element; Maven takes the named characters of HTML 4 (``&oslash;``), which XML does not know."""
    try:
        return _read(data)
    except Malformed as error:
        if "undefined entity" not in error.what:
            raise
    return _read(_ENTITY.sub(_numbered, data))


def _numbered(match: re.Match[bytes]) -> bytes:
    from html.entities import name2codepoint

    code = name2codepoint.get(match[1].decode())
    return match[0] if code is None or match[1] in _OF_XML else b"&#%d;" % code


def _read(data: bytes) -> Element:
    """The root element; what can declare no entities takes the fast parser of the standard library."""
    start = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip()
    plain = not start.startswith(b"<?xml") or _PLAIN.match(start)
    if not plain or b"\0" in data or b"<!DOCTYPE" in data or len(data) > _MAX_PLAIN:
        return xml.load(data)
    from xml.etree.ElementTree import ParseError, fromstring

    try:
        return fromstring(data)  # noqa: S314  # no document type declaration, hence no entities
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed(f"not XML: {error}") from error


def _text(parts: dict[str, Element], name: str) -> str:
    return xml.text(parts.get(name))


def _licenses(element: Element | None) -> tuple[str, ...]:
    found = [] if element is None else xml.children(element, "license")
    return tuple(text for item in found if (text := xml.text(item, "name") or xml.text(item, "url")))


def _properties(element: Element | None) -> dict[str, str]:
    return {} if element is None else {xml.local(item): (item.text or "").strip() for item in element}


def _dependencies(element: Element | None) -> tuple[Dependency, ...]:
    found = [] if element is None else xml.children(element, "dependency")
    return tuple(_dependency({xml.local(item): (item.text or "").strip() for item in entry}) for entry in found)


def _dependency(parts: dict[str, str]) -> Dependency:
    return Dependency(
        parts.get("groupId", ""),
        parts.get("artifactId", ""),
        parts.get("version", ""),
        parts.get("scope", ""),
        parts.get("type", "") or "jar",
        parts.get("classifier", ""),
        parts.get("optional", "") == "true",
    )
