"""The tags of the tag-value form and the JSON fields they stand for (SPDX 2.3, clauses 6 to 13); ``tags.json``.

A field in the table is ``name`` (text), ``name[]`` (a list of texts, one tag each), or ``name=kind`` with its own
written form: ``checksum`` is ``SHA1: HEX``, ``external-ref`` is ``CATEGORY TYPE LOCATOR`` and so on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STARTS = {
    "PackageName": "package",
    "FileName": "file",
    "SnippetSPDXID": "snippet",
    "LicenseID": "license",
    "Relationship": "relationship",
    "Annotator": "annotation",
    "Reviewer": "review",
}
"""The tags that open a new item of their section."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: the JSON field, and how the value is written (``text``, ``list``, ``checksum`` ...)."""

    name: str
    field: str
    kind: str


@cache
def sections() -> dict[str, dict[str, Tag]]:
    """The tags of each section by name, in the order in which they are written."""
    table: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("tags.json").read_text("utf-8"))
    return {section: {tag: _tag(tag, form) for tag, form in tags.items()} for section, tags in table.items()}


def _tag(name: str, form: str) -> Tag:
    if form.endswith("[]"):
        return Tag(name, form[:-2], "list")
    field, _, kind = form.partition("=")
    return Tag(name, field, kind or "text")
