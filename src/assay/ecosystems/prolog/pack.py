"""``pack.pl`` (SWI-Prolog manual, "Structure of a pack"): facts that describe a pack.

::

    name(greeter).
    version('0.4.1').
    title('Says hello').
    author('Ada Example', 'ada@mail.example').
    home('https://greeter.example').
    requires(clock >= '1.0').
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need

_STRING = r"'(?:[^'\\\n]|\\.|'')*'|\"(?:[^\"\\\n]|\\.)*\""
_FACT = re.compile(rf"^[ \t]*([a-z]\w*)[ \t]*\([ \t]*(\[?[ \t]*(?:{_STRING}|[\w.]+))", re.MULTILINE)


def parse(file: File) -> Found:
    """The pack with the names of those that it needs."""
    facts: dict[str, list[str]] = {}
    for match in _FACT.finditer(file.text):
        facts.setdefault(match[1], []).append(_text(match[2]))
    name, version = _first(facts, "name"), _first(facts, "version")
    if not name:
        raise Malformed("pack.pl without a name")
    references = (
        ExternalReference("website", _first(facts, "home")),
        ExternalReference("distribution", _first(facts, "download")),
    )
    component = Component(
        name,
        version,
        purl=purl.attempt("swiplpack", name, version),
        presence=Presence.INSTALLED if f"/pack/{name}/" in f"/{file.path}" else Presence.DECLARED,
        licenses=spdx_license.normalise(_first(facts, "license")),
        author=", ".join(facts.get("author", [])),
        description=_first(facts, "title"),
        references=tuple(item for item in references if "://" in item.url and "*" not in item.url),
    )
    needed = [item for item in dict.fromkeys(facts.get("requires", [])) if item not in ("", "prolog")]
    return Found((component,), needs=tuple(Need(component.id, (item,)) for item in needed))


def _first(facts: dict[str, list[str]], key: str) -> str:
    return facts.get(key, [""])[0]


def _text(token: str) -> str:
    token = token.lstrip("[ \t")
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[:1] in ("'", '"') else token.rstrip(".")
