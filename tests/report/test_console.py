"""Text for terminals."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.console import Style, printable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_names_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed\udcff é 漢") == "a\\x1b[2Jb c\\u202ed\\udcff é 漢"


@given(st.text(st.characters(codec=None)))
def test_whatever_is_printable_can_be_printed(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert printable(shown) == shown


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).red == "\x1b[31m"
    assert Style.of(io.StringIO()) == Style()
    assert Style.of(Terminal(), wanted=False) == Style()
    monkeypatch.setenv("NO_COLOR", "1")
    assert Style.of(Terminal()) == Style()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert Style.of(Terminal()) == Style()
