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

from assay.ecosystems.maven import regular
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
    parts = regular.read(data) or _parts(_root(data))
    texts = parts.texts
    parent = dict(reversed(parts.groups.get("parent", [])))
    return Pom(
        group=texts.get("groupId", ""),
        artifact=texts.get("artifactId", ""),
        version=texts.get("version", ""),
        packaging=texts.get("packaging", "") or "jar",
        name=texts.get("name", ""),
        description=" ".join(texts.get("description", "").split()),
        url=texts.get("url", ""),
        scm=_first(parts.groups.get("scm", []), "url"),
        organization=_first(parts.groups.get("organization", []), "name"),
        licenses=tuple(
            text for item in parts.lists.get("licenses", []) if (text := _first(item, "name") or _first(item, "url"))
        ),
        parent=(parent.get("groupId", ""), parent.get("artifactId", ""), parent.get("version", "")),
        parent_path=parent.get("relativePath", "../pom.xml"),
        properties=dict(parts.groups.get("properties", [])),
        managed=tuple([_dependency(dict(item)) for item in parts.lists.get(regular.MANAGEMENT, [])]),
        dependencies=tuple([_dependency(dict(item)) for item in parts.lists.get("dependencies", [])]),
    )


def _first(fields: regular.Fields, name: str) -> str:
    return next((text for key, text in fields if key == name), "")


def _parts(root: Element) -> regular.Parts:
    """What is read of a model, out of its tree; raises `Malformed` for what is no model."""
    if xml.local(root) != "project":
        raise Malformed(f"not a Maven project but <{xml.local(root)[:80]}>")
    found = regular.Parts()
    for element in reversed(root):
        name = xml.local(element)
        if name in regular.TEXTS:
            found.texts[name] = xml.text(element)
        elif name in regular.GROUPS:
            found.groups[name] = _fields(element)
        elif name in regular.LISTS:
            found.lists[name] = _entries(element, regular.LISTS[name])
        elif name == regular.MANAGEMENT:
            managed = xml.child(element, "dependencies")
            found.lists[name] = _entries(managed, "dependency") if managed is not None else []
    return found


def _fields(element: Element) -> regular.Fields:
    return [(xml.local(item), (item.text or "").strip()) for item in element]


def _entries(element: Element, name: str) -> list[regular.Fields]:
    return [_fields(item) for item in xml.children(element, name)]


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
