"""What several tests of adapters stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters.admission_store import Database, opened
from simulators.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def admission_server() -> Iterator[PostgresServer]:
    with postgres_server() as found:
        yield found


@pytest.fixture(params=("file", "postgres"))
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """The admission database as two replicas see it (with a file, two processes on one machine)."""
    address = request.getfixturevalue("admission_server").database() if request.param == "postgres" else ""
    found = opened(tmp_path, address), opened(tmp_path, address)
    yield found
    for one in found:
        one.close()
