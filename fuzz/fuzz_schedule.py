"""Schedules of policies that delete: read or refused, and asked in bounded time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from assay.errors import Malformed
from assay.formats import cron

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SEEDS = [b"* * * * *", b"*/15 9-17/2 1,15 jan-mar mon-fri", b"@daily", b"5/20 0 31 12 7"]


def run(data: bytes) -> None:
    """Whatever is read can be asked."""
    try:
        schedule = cron.read(data.decode("utf-8", "replace"))
    except Malformed:
        return
    schedule.is_due(NOW - timedelta(days=400), NOW)
