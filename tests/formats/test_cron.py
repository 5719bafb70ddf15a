"""Schedules: fields, names, steps; when something is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from assay.errors import Malformed
from assay.formats.cron import read

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("* * * * *", NOON, None),
        ("0 12 * * *", NOON, NOON + timedelta(minutes=1)),
        ("*/15 9-17/4 * * *", NOON.replace(hour=13, minute=45), NOON),
        ("0 12 * nov thu", NOON, NOON + timedelta(days=1)),
        ("0 12 1 * thu", NOON, NOON + timedelta(days=1)),
        ("0 12 1,26 * *", NOON, NOON + timedelta(days=1)),
        ("0 12 * * 7", datetime(2026, 11, 29, 12, tzinfo=UTC), NOON),
        ("0 12 * * 1-5", NOON, datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("5/20 * * * *", NOON.replace(minute=45), NOON.replace(minute=0)),
        ("@daily", NOON.replace(hour=0), NOON),
    ],
)
def test_minutes(text: str, taken: datetime, left: datetime | None) -> None:
    schedule = read(text)
    assert schedule.takes(taken) and (left is None or not schedule.takes(left))


def test_other_time_zones_are_converted() -> None:
    assert read("0 12 * * *").takes(NOON.astimezone(timezone(timedelta(hours=9))))


def test_due_once() -> None:
    schedule = read("0 12 * * *")
    assert schedule.is_due(NOON - timedelta(seconds=5), NOON + timedelta(seconds=5))
    assert not schedule.is_due(NOON + timedelta(seconds=5), NOON + timedelta(seconds=15))
    assert not schedule.is_due(NOON - timedelta(days=9), NOON - timedelta(minutes=1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "a * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "@never",
        "١ * * * *",
        "1" * 300,
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)
