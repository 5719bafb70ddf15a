"""Where state lives: what is configured, else the platform's own places."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assay.adapters import state
from assay.errors import UsageError


def test_what_is_configured_wins() -> None:
    assert state.data_dir("/somewhere", {"XDG_DATA_HOME": "/x"}) == Path("/somewhere")
    assert state.cache_dir("relative", {}) == Path("relative")


def test_the_places_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert state.data_dir("", {"XDG_DATA_HOME": "/x", "HOME": "/h"}) == Path("/x/assay")
    assert state.data_dir("", {"XDG_DATA_HOME": "relative", "HOME": "/h"}) == Path("/h/.local/share/assay")
    assert state.cache_dir("", {"HOME": "/h"}) == Path("/h/.cache/assay")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state.cache_dir("", {"HOME": "/h"}) == Path("/h/Library/Caches/assay")


def test_nowhere_to_go() -> None:
    with pytest.raises(UsageError) as error:
        state.data_dir("", {})
    assert "--data-dir or ASSAY_DATA_DIR" in error.value.remedy
