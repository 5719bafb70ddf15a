"""The syntax of opam's files (opam Manual, "Common file format"): fields, sections, lists and options.

::

    opam-version: "2.0"
    depends: ["ocaml" {>= "4.08"} "dune" {>= "3.0" & build} ("a" | "b")]
    url { src: "https://files.example/a.tar.gz" checksum: ["sha256=8c9c..." "md5=0f6a..."] }

`read` gives the fields of the file, those of sections as ``section.field``; a value is a list of items, each a string
with its options as they are written: ``[Item("ocaml", '>= "4.08"')]``. Lists and groups are flattened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed

MAX_BYTES = 16 << 20
MAX_DEPTH = 50

_TOKEN = re.compile(
    r"(?P<space>(?:\s|\#[^\n]*)+)|(?P<comment>\(\*)"
    r'|(?P<long>"""(?P<body>.*?)""")'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<open>[\[{(])|(?P<close>[\]})])"
    r"|(?P<colon>:)"
    r"|(?P<operator>[!<>=~]=?|[|&?])"
    r"|(?P<word>[A-Za-z0-9_+\-.%][A-Za-z0-9_+\-.:%/]*)"
    r"|(?P<other>[/,;^$@*])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:\n\s*|(.))", re.DOTALL)
_CLOSERS = {"[": "]", "{": "}", "(": ")"}


@dataclass(frozen=True, slots=True)
class Item:
    """A string of a value, and the text of the options behind it, without their braces."""

    text: str
    options: str = ""


def read(text: str) -> dict[str, list[Item]]:
    """The fields of a file; raises `Malformed` for what is no opam file."""
    if len(text) > MAX_BYTES:
        raise LimitExceeded(f"opam file of {len(text)} characters (at most {MAX_BYTES})")
    return _fields(_tokens(text))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(f"opam file: no token at character {position}: {text[position : position + 20]!r}")
        position = match.end()
        if match["comment"] is not None:
            position = text.find("*)", position) + 2
            if position < 2:
                raise Malformed("opam file ends inside a comment")
        elif match["long"] is not None:
            tokens.append(("text", match["body"]))
        elif match["string"] is not None:
            tokens.append(("text", _ESCAPE.sub(lambda found: found[1] or "", match[0][1:-1])))
        elif match.lastgroup != "space":
            tokens.append((match.lastgroup or "", match[0]))
    return tokens


def _fields(tokens: list[tuple[str, str]]) -> dict[str, list[Item]]:
    """Walk over the tokens once: a word before a colon opens a field, a word before a brace a section."""
    fields: dict[str, list[Item]] = {}
    current: list[Item] | None = None
    section = ""
    stack: list[str] = []
    index = 0
    while index < len(tokens):
        kind, token = tokens[index]
        following = tokens[index + 1] if index + 1 < len(tokens) else ("", "")
        if kind == "word" and not stack and _opens_field(token, following):
            current = fields.setdefault(section + token.removesuffix(":"), [])
            index += 1 if token.endswith(":") else 2
            continue
        if kind == "word" and not stack and not section and _opens_section(tokens, index):
            section, current = f"{token}.", None
            index += 2 if following == ("open", "{") else 3
            continue
        if kind == "close" and token == "}" and section and not stack:
            section, current = "", None
        elif kind == "open" and token == "{" and current:
            options, index = _options(tokens, index)
            current[-1] = Item(current[-1].text, options)
            continue
        else:
            _take(kind, token, stack, current)
        index += 1
    if stack or section:
        raise Malformed("opam file ends inside a list or a section")
    return fields


def _opens_field(token: str, following: tuple[str, str]) -> bool:
    return token.endswith(":") or following == ("colon", ":")


def _opens_section(tokens: list[tuple[str, str]], index: int) -> bool:
    after = tokens[index + 1 : index + 3]
    return after[:1] == [("open", "{")] or (len(after) == 2 and after[0][0] == "text" and after[1] == ("open", "{"))


def _take(kind: str, token: str, stack: list[str], current: list[Item] | None) -> None:
    if kind == "open":
        if len(stack) >= MAX_DEPTH:
            raise LimitExceeded(f"opam file nested deeper than {MAX_DEPTH}")
        stack.append(token)
    elif kind == "close":
        if not stack or _CLOSERS[stack.pop()] != token:
            raise Malformed(f"opam file: {token!r} closes nothing")
    elif current is None:
        raise Malformed(f"opam file: {token[:40]!r} outside of a field")
    elif kind in ("text", "word"):
        current.append(Item(token))


def _options(tokens: list[tuple[str, str]], index: int) -> tuple[str, int]:
    """The text between the brace at `index` and the one that closes it, and the index after that."""
    depth = 0
    parts: list[str] = []
    while index < len(tokens):
        kind, token = tokens[index]
        index += 1
        depth += (kind, token) == ("open", "{")
        depth -= (kind, token) == ("close", "}")
        if not depth:
            return " ".join(parts[1:]), index
        parts.append(f'"{token}"' if kind == "text" else token)
    raise Malformed("opam file ends inside options")
