"""Intervals as people read them."""

from __future__ import annotations

import pytest

from assay.model.version import Interval


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(), "all versions"),
        (Interval("1"), ">= 1"),
        (Interval("1", False), "> 1"),
        (Interval(high="2"), "< 2"),
        (Interval(high="2", high_included=True), "<= 2"),
        (Interval("1", True, "2"), ">= 1, < 2"),
        (Interval("1", False, "2", True), "> 1, <= 2"),
        (Interval("1", True, "1", True), "= 1"),
        (Interval("1", True, "1"), ">= 1, < 1"),
    ],
)
def test_an_interval_in_words(interval: Interval, text: str) -> None:
    assert str(interval) == text
