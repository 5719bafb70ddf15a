"""The table: aligned, whole, and safe for a terminal."""

from __future__ import annotations

from dataclasses import replace

from assay.formats import purl
from assay.model.component import Component
from assay.model.sbom import Sbom
from assay.report import formats
from formats.sboms import FULL


def test_the_table_is_aligned_and_says_what_was_skipped() -> None:
    lines = formats.write(FULL, "table").decode().splitlines()
    assert lines[0] == "app 1.0 (container, debian 12): 3 components"
    assert lines[2].split() == ["NAME", "VERSION", "ECOSYSTEM", "LICENCE", "PRESENCE"]
    places = {line.index(word) for line, word in zip(lines[3:6], ("5.2.15", "3.10", ">=1"), strict=True)}
    assert places == {lines[2].index("VERSION")}
    assert lines[-2:] == ["1 entry could not be read:", "  opt/broken.jar: not a zip"]


def test_wide_characters_take_two_columns() -> None:
    names = (Component("字字", "1"), Component("abcd", "2"))
    lines = formats.write(Sbom(Component("x"), names), "table").decode().splitlines()[3:]
    assert lines[0].startswith("abcd  2")
    assert lines[1].startswith("字字  1")


def test_foreign_names_cannot_steer_the_terminal() -> None:
    text = formats.write(replace(FULL, subject=Component("a\x1b[31m"), components=()), "table").decode()
    assert "\x1b" not in text
    assert text.endswith(": 0 components\n\n1 entry could not be read:\n  opt/broken.jar: not a zip\n")


def test_documents_of_others_tell_the_ecosystem_by_the_purl() -> None:
    told = Sbom(Component("x"), (Component("a", "1", purl=purl.parse("pkg:npm/a@1")),))
    assert formats.write(told, "table").decode().splitlines()[3].split() == ["a", "1", "npm", "installed"]
    assert formats.write(told, "csv").decode().splitlines()[1].startswith("pkg:npm/a@1,library,npm,")
