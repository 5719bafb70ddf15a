"""Conditions on statements hold, do not hold, cannot be told, or are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.engines.policy.cel.conditions import MAX_LENGTH, Condition
from assay.errors import Refused, UsageError
from assay.formats.json import Json

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FRESH = 'now - timestamp(predicate.metadata.scanFinishedOn) < duration("24h")'


def _scanned(moment: str) -> dict[str, Json]:
    return {"predicate": {"metadata": {"scanFinishedOn": moment}}}


def test_a_fresh_scan_is_told_from_an_old_one() -> None:
    Condition(FRESH).check(_scanned("2026-01-01T12:00:00Z"), NOW, [])
    with pytest.raises(Refused, match="does not hold"):
        Condition(FRESH).check(_scanned("2025-12-31T12:00:00Z"), NOW, [])


def test_the_verified_times_are_seen() -> None:
    Condition("signed.all(t, timestamp(t) <= now)").check({}, NOW, ["2026-01-01T00:00:00Z"])
    with pytest.raises(Refused):
        Condition("size(signed) > 1").check({}, NOW, ["2026-01-01T00:00:00Z"])


@pytest.mark.parametrize("text", ["predicate.missing == 1", "1", '"true"'])
def test_what_is_not_true_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        Condition(text).check({"predicate": {}}, NOW, [])


def test_what_does_not_compile_is_told_with_its_place() -> None:
    with pytest.raises(UsageError, match="1:4"):
        Condition("1 +")
    with pytest.raises(UsageError, match="characters"):
        Condition(" " * (MAX_LENGTH + 1))


def test_a_condition_that_explodes_is_refused() -> None:
    items: dict[str, Json] = {"predicate": list(range(1000))}
    with pytest.raises(Refused, match="cannot be told: the expression takes over"):
        Condition("predicate.all(a, predicate.all(b, predicate.all(c, true)))").check(items, NOW, [])
