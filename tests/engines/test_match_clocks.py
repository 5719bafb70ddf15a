"""What a clock that is or was wrong makes of the age of data: nothing that looks fresh."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from advisory_data import made_by_another, osv, purls, store
from assay.adapters.advisories import AdvisoryStore
from assay.engines.match import Options, match
from assay.model.finding import CoverageState

DAY = "2026-11-22"


@pytest.mark.parametrize(
    ("today", "confirmed", "day", "state", "message"),
    [
        ("2026-11-23", "2026-11-22T10:00:00Z", DAY, CoverageState.COVERED, ""),
        ("2026-11-21", "2026-11-22T10:00:00Z", DAY, CoverageState.COVERED, ""),  # where the sun rises later
        ("2026-12-20", "2026-12-19T10:00:00Z", DAY, CoverageState.COVERED, ""),  # old data that nothing has changed
        ("2026-12-20", "2026-11-23T10:00:00Z", DAY, CoverageState.OUTDATED, "unknown since 2026-11-23"),
        # the update was made by a clock of another year
        ("2026-12-20", "2030-01-01T10:00:00Z", DAY, CoverageState.OUTDATED, "unknown since 2026-11-22"),
        ("2026-11-30", "2030-01-01T10:00:00Z", DAY, CoverageState.COVERED, ""),
        ("2026-11-30", "1970-01-01T00:00:10Z", DAY, CoverageState.OUTDATED, "unknown since 1970-01-01"),
        ("2026-11-30", "2030-01-01T10:00:00Z", "", CoverageState.OUTDATED, "unknown: it is 2026-11-30 here"),
        # the scan is
        ("1970-01-01", "2026-11-22T10:00:00Z", DAY, CoverageState.OUTDATED, "unknown: it is 1970-01-01 here"),
    ],
)
def test_data_is_as_old_as_it_surely_is(
    tmp_path: Path, today: str, confirmed: str, day: str, state: CoverageState, message: str
) -> None:
    store(tmp_path, {"pypa": [osv("X-1", "PyPI", "z", ("introduced", "0"))]})
    made_by_another(tmp_path, confirmed=confirmed, day=day)
    with AdvisoryStore.open(tmp_path) as data:
        (found,) = match(purls("pkg:pypi/a@1"), data, Options(date.fromisoformat(today))).coverage
    assert found.state is state
    assert found.message.startswith(message) and bool(found.message) == bool(message)
