"""Control data (deb822(5), Debian Policy chapter 5): paragraphs of ``Field: value``, folded lines start with a blank.

::

    Package: libssl3
    Status: install ok installed
    Architecture: amd64
    Multi-Arch: same
    Source: openssl (3.0.11-1)
    Version: 3.0.11-1~deb12u2
    Depends: libc6 (>= 2.34)
    Description: Secure Sockets Layer toolkit - shared libraries

Relations (Policy 7.1) are groups separated by commas, each with alternatives separated by bars::

    libc6 (>= 2.34), default-mta | mail-transport-agent, python3:any
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

Paragraph = dict[str, str]
"""The fields that matter to assay, by their canonical names; folded values keep their line breaks."""

_FIELD = re.compile(
    r"^(Package|Status|Version|Architecture|Multi-Arch|Source|SourceName|Maintainer|Homepage|Section|Priority|Essential"
    r"|Depends|Pre-Depends|Provides|Description|License|ABIVersion|CPE-ID):[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE,
)
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
_STRAY = re.compile(r"\n([^\s#:-][^:\n]*)\n")  # begins with a literal, which is searched three times faster
_SOURCE = re.compile(r"([^\s(]+)\s*(?:\(([^)]*)\))?")


def paragraphs(text: str) -> Iterator[Paragraph]:
    """The paragraphs in order; those without any known field are left out."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    for block in _BLANK.split(text):
        fields = dict(_FIELD.findall(block))
        if fields:
            yield fields


def stray_line(text: str) -> str:
    """The first line that is neither a field, nor folded, a comment or a signature; empty where there is none."""
    match = _STRAY.search(f"\n{text}\n")
    return match[1] if match else ""


def source(paragraph: Paragraph) -> tuple[str, str]:
    """Name and version of the source package: the binary's own where ``Source`` does not say otherwise."""
    match = _SOURCE.match(paragraph.get("Source", ""))
    name, version = (match[1], match[2]) if match else ("", "")
    return name or paragraph.get("Package", ""), (version or "").strip() or paragraph.get("Version", "")


def relations(text: str) -> list[Alternatives]:
    """The groups of alternatives of a relation field, each a (name, architecture qualifier or empty)."""
    groups = [_group(group) if len(group) < _MAX_KEPT else _alternatives(group) for group in text.split(",")]
    return [group for group in groups if group]


Alternatives = tuple[tuple[str, str], ...]
_MAX_KEPT = 200
"""Characters of a group that is kept."""


def _alternatives(group: str) -> Alternatives:
    alternatives = []
    for alternative in group.split("|"):
        words = alternative.replace("(", " ").split(None, 1)
        if words:
            name, _, architecture = words[0].partition(":")
            alternatives.append((name, "" if architecture in ("any", "native") else architecture))
    return tuple(alternatives)


_group = lru_cache(2048)(_alternatives)
"""Kept: ``libc6 (>= 2.34)`` is what half of the packages of a system ask for."""
