"""Models (pom.xml) in the regular form of nearly all of them, read without building a tree.

Half of a model is how it is built and by whom: those parts are stepped over, and the others matched as text::

    <project ...>
      <artifactId>tool</artifactId>                                    a text
      <parent><groupId>org.example</groupId>...</parent>               a group of texts
      <dependencies><dependency>...</dependency></dependencies>        a list of groups

What has another form (attributes, deeper elements where none belong) is left to a parser of XML.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from html import unescape

Fields = list[tuple[str, str]]
"""Child elements with their stripped texts, in order."""


@dataclass(slots=True)
class Parts:
    """What is read of a model, by the names of the children of the root; of several with one name, the first."""

    texts: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Fields] = field(default_factory=dict)
    lists: dict[str, list[Fields]] = field(default_factory=dict)


TEXTS = frozenset({"groupId", "artifactId", "version", "packaging", "name", "description", "url"})
GROUPS = frozenset({"scm", "organization", "parent", "properties"})
LISTS = {"licenses": "license", "dependencies": "dependency"}
"""What each list holds."""
MANAGEMENT = "dependencyManagement"
_READ = frozenset({*TEXTS, *GROUPS, *LISTS, MANAGEMENT})

_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))
_START = re.compile(
    r"\s*(?:<\?xml(?:[^<>]*?encoding=[\"'](?i:utf-8)[\"']|(?![^<>]*encoding))[^<>]*\?>\s*)?"
    r"<project(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*\s*>"
)
_CHILD = re.compile(r"\s*<([A-Za-z]+)(?:>([^<&]*)</\1>|(\s*/)?>)")
_END = re.compile(r"\s*</project\s*>\s*")
_FIELD = re.compile(r"<([A-Za-z_][\w.-]*)>([^<]*)</\1>")
_EMPTY = re.compile(r"<([A-Za-z_][\w.-]*)\s*/>")
_EXCLUSIONS = "<exclusions>"
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")


class _Irregular(Exception):
    """The model is to be read as XML."""


def read(data: bytes) -> Parts | None:
    """What the model says; None where it has not the regular form."""
    if len(data.translate(None, _CONTROL)) != len(data):
        return None
    try:
        text = _without_remarks(data).removeprefix(BOM_UTF8).decode()
        return _parts(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    except (UnicodeDecodeError, _Irregular):
        return None


def _without_remarks(data: bytes) -> bytes:
    """The document without remarks, sections of text in the other way of writing them."""
    pieces, start, at = [], 0, data.find(b"<!")
    while at >= 0:
        pieces.append(data[start:at])
        section = data.startswith(b"<![CDATA[", at)
        end = data.find(b"]]>" if section else b"-->", at + 4)
        if end < 0 or not (section or data.startswith(b"<!--", at)):
            raise _Irregular
        if section:
            pieces.append(data[at + 9 : end].replace(b"&", b"&amp;").replace(b"<", b"&lt;"))
        start = end + 3
        at = data.find(b"<!", start)
    return b"".join((*pieces, data[start:]))


def _parts(text: str) -> Parts:
    start = _START.match(text)
    if start is None:
        raise _Irregular
    at, found, seen = start.end(), Parts(), set[str]()
    while child := _CHILD.match(text, at):
        name, value, at = child[1], child[2], child.end()
        if value is None:
            value = ""
            if not child[3]:
                value, at = _content(text, name, at)
        if name in _READ and name not in seen:
            seen.add(name)
            _file(found, name, value)
    if _END.fullmatch(text, at) is None:
        raise _Irregular
    return found


def _content(text: str, name: str, start: int) -> tuple[str, int]:
    """What an element holds whose content begins at `start`, and where it ends."""
    closing = f"</{name}>"
    end = text.find(closing, start)
    if end < 0:
        raise _Irregular
    inner = text.find(f"<{name}", start, end)
    while inner >= 0:
        if text[inner + len(name) + 1] in " \t\n/>":
            raise _Irregular
        inner = text.find(f"<{name}", inner + 1, end)
    return text[start:end], end + len(closing)


def _file(found: Parts, name: str, value: str) -> None:
    if name in TEXTS:
        if "<" in value:
            raise _Irregular
        found.texts[name] = _plain(value)
    elif name in GROUPS:
        found.groups[name] = _fields(value)
    elif name in LISTS:
        found.lists[name] = _entries(value, LISTS[name])
    elif name == MANAGEMENT and value.strip():
        inner = _CHILD.match(value)
        if inner is None or inner[1] != "dependencies":
            raise _Irregular
        managed, end = ("", inner.end()) if inner[3] else _content(value, "dependencies", inner.start(1) + 13)
        if value[end:].strip():
            raise _Irregular
        found.lists[MANAGEMENT] = _entries(managed, "dependency")


def _entries(text: str, name: str) -> list[Fields]:
    """The groups of a list, each an element of that name."""
    if _EXCLUSIONS in text:
        text = _without_exclusions(text)
    *entries, rest = text.split(f"</{name}>")
    if "<" in rest:
        raise _Irregular
    opening, found = f"<{name}>", []
    for entry in entries:
        before, _, content = entry.partition(opening)
        if before.strip():
            raise _Irregular
        found.append(_fields(content))
    return found


def _without_exclusions(text: str) -> str:
    """The dependencies without what they exclude, which stands between other elements and is not read."""
    first, *pieces = text.split(_EXCLUSIONS)
    kept = [first]
    for piece in pieces:
        before = kept[-1].rstrip()
        _, closing, after = piece.partition("</exclusions>")
        if not closing or not (before.endswith("<dependency>") or before.rpartition("<")[2][:1] == "/"):
            raise _Irregular
        kept.append(after)
    return "".join(kept)


def _fields(text: str) -> Fields:
    if "/>" in text:
        text = _EMPTY.sub(r"<\1></\1>", text)
    found = _FIELD.findall(text)
    if text.count("<") != 2 * len(found):
        raise _Irregular
    if "&" in text:
        return [(name, _plain(value)) for name, value in found]
    return [(name, value.strip()) for name, value in found]


def _plain(text: str) -> str:
    """The stripped text, with the characters that XML knows by name."""
    if "&" in text:
        if _ENTITY.search(text):
            raise _Irregular
        text = unescape(text)
    return text.strip()
