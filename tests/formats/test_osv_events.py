"""The events of OSV ranges: in order, out of order, on branches."""

from __future__ import annotations

import pytest

from assay.formats import osv_events
from assay.formats.json import Json


def told(*events: tuple[str, str], branches: bool = False) -> list[tuple[str, bool]]:
    items: list[Json] = [{what: version} for what, version in events]
    return [(str(interval), is_fix) for interval, is_fix in osv_events.intervals(items, branches=branches)]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([("introduced", "0"), ("fixed", "1.2")], [(">= 0, < 1.2", True)]),
        ([("introduced", "1"), ("last_affected", "1.2")], [(">= 1, <= 1.2", False)]),
        ([("introduced", "1"), ("limit", "2")], [(">= 1, < 2", False)]),
        ([("introduced", "1"), ("limit", "*")], [(">= 1", False)]),
        ([("introduced", "1"), ("fixed", "1.5"), ("limit", "2")], [(">= 1, < 1.5", True)]),
        ([("introduced", "1"), ("introduced", "2"), ("fixed", "3")], [(">= 1, < 3", True)]),
        ([("introduced", "0"), ("fixed", "1.2"), ("introduced", "2")], [(">= 0, < 1.2", True), (">= 2", False)]),
    ],
)
def test_events_in_order_are_intervals(events: list[tuple[str, str]], wanted: list[tuple[str, bool]]) -> None:
    assert told(*events) == wanted


@pytest.mark.parametrize(
    "events",
    [
        [("fixed", "1.10"), ("introduced", "1.9"), ("fixed", "1.2"), ("introduced", "0")],
        [("introduced", "0"), ("introduced", "1.9"), ("fixed", "1.2"), ("fixed", "1.10")],
        [("introduced", "0"), ("introduced", "1.9"), ("fixed", "1.10"), ("fixed", "1.2")],
    ],
)
def test_the_order_of_the_list_says_nothing(events: list[tuple[str, str]]) -> None:
    assert told(*events) == [(">= 0, < 1.2", True), (">= 1.9, < 1.10", True)]


def test_each_branch_of_a_repository_has_its_fix() -> None:
    events = [("introduced", "a"), ("fixed", "c"), ("fixed", "b"), ("limit", "d"), ("introduced", "e")]
    assert told(*events, branches=True) == [
        (">= a, < c", True),
        (">= a, < b", True),
        (">= a, < d", False),
        (">= e", False),
    ]
    assert told(("introduced", "0"), ("fixed", "b"), ("fixed", "c"), branches=True) == [
        (">= 0, < b", True),
        (">= 0, < c", True),
    ]


def test_what_is_no_event_is_passed_over() -> None:
    assert osv_events.intervals([1, None, {"introduced": 3}, {"fixed": "1"}, {"later": "2"}], branches=False) == []
