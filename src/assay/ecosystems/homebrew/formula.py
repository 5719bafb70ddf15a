"""``Cellar/NAME/VERSION/.brew/NAME.rb``: the formula that a keg was made by; Ruby, of which four calls are read.

::

    class Curl < Formula
      desc "Get a file from an HTTP server"
      homepage "https://curl.example"
      url "https://curl.example/curl-8.5.0.tar.bz2"
      sha256 "ce4b6a6655431147624aaf582632a36fe1ade262d5fab385c60f78942dd8d87b"
      license any_of: ["MIT", "curl"]
"""

from __future__ import annotations

import re

from assay.ecosystems.homebrew.receipt import keg
from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.ecosystem import File, Found

_CALL = re.compile(r'^  (desc|homepage|url|license) (?:"([^"\n]*)"|([^\n]{1,400}))', re.MULTILINE)
_STRING = re.compile(r'"([^"\n]+)"')


def parse(file: File) -> Found:
    """The keg once more, with what only the formula tells; both sights become one component."""
    prefix, name, version = keg(file.path)
    calls: dict[str, str] = {}
    for call, plain, other in _CALL.findall(file.text):
        calls.setdefault(call, plain or other)
    links = (("website", calls.get("homepage", "")), ("source-distribution", calls.get("url", "")))
    item = Component(
        name,
        version,
        ComponentType.APPLICATION,
        purl=purl.build("brew", name, version),
        ref=f"brew:{name}@{version}",
        licenses=spdx_license.normalise(licence(calls.get("license", ""))),
        description=calls.get("desc", ""),
        references=tuple(ExternalReference(kind, link) for kind, link in links if "://" in link),
    )
    return Found((item,), scope=prefix, root=prefix)


def licence(text: str) -> str:
    """The expression of a ``license`` call: a string, ``any_of: [...]`` or ``all_of: [...]`` of strings."""
    kind, colon, rest = text.partition(":")
    names = _STRING.findall(rest)
    if not colon or kind not in ("any_of", "all_of") or "=>" in rest or not names:
        return text
    return (" OR " if kind == "any_of" else " AND ").join(names)
