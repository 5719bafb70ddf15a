"""The stores of a log: each test that wants a `place` runs over both."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from simulators.log_places import InFolder, Place, Shared

_NUMBERS = count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place without a log."""
    if request.param == "sqlite":
        return InFolder(tmp_path)
    return request.getfixturevalue("replicas")  # type: ignore[no-any-return]


@pytest.fixture
def replicas(request: pytest.FixtureRequest) -> Shared:
    """A place that several replicas share: a log of its own in the one database."""
    postgres, objects = request.getfixturevalue("postgres"), request.getfixturevalue("objects")
    return Shared(postgres.common, objects.address(), f"log-{next(_NUMBERS)}")
