"""The admission controller's tables: the same in a file and in PostgreSQL, shared by replicas, gone for a while."""

from __future__ import annotations

import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.adapters.admission_store import Database, opened
from assay.adapters.admission_store.sightings import Sightings
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.errors import ExternalError, UsageError
from assay.model.digest import Algorithm, Digest
from assay.model.image_policy import ImageSignature
from assay.model.workload import Workload
from simulators.postgres_server import PostgresServer
from simulators.processes import PATIENCE, within

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHOP = Workload("shop", "Deployment", "app")
SIGNED = ImageSignature(Digest(Algorithm.SHA256, "ab" * 32), "a@org.example", "https://issuer.example", NOW, {}, ())


def test_the_first_time_that_any_replica_saw_counts(two: tuple[Database, Database]) -> None:
    one, other = map(Sightings, two)
    assert one.first(SHOP) is None
    assert one.note(SHOP, NOW) == NOW
    assert other.note(SHOP, NOW + timedelta(days=1)) == NOW
    other.note_all([(SHOP, NOW - timedelta(days=2)), (Workload("shop", "Pod", "p"), NOW)])
    assert Sightings(two[0]).first(SHOP) == NOW - timedelta(days=2)
    assert one.first(Workload("shop", "Pod", "p")) == NOW


def test_a_verdict_of_one_replica_answers_the_other(two: tuple[Database, Database]) -> None:
    one, other = map(VerdictStore, two)
    assert other.get("question") is None
    one.put("question", (SIGNED,))
    assert other.get("question") == (SIGNED,)
    one.put("question", ())
    assert VerdictStore(two[1]).get("question") == ()
    one.forget()
    assert VerdictStore(two[1]).get("question") is None
    assert one.problems == other.problems == 0


def test_what_fails_in_a_transaction_leaves_nothing(two: tuple[Database, Database]) -> None:
    with pytest.raises(RuntimeError), two[0].use() as write:
        write.execute("INSERT INTO sighting VALUES (?, ?, ?, ?)", (*SHOP, 1.0))
        raise RuntimeError("stopped")
    assert Sightings(two[1]).first(SHOP) is None


def test_a_database_that_is_away_costs_a_review_no_time_and_comes_back(
    admission_server: PostgresServer, tmp_path: Path
) -> None:
    database = opened(tmp_path, admission_server.database())
    sightings, verdicts = Sightings(database), VerdictStore(database)
    verdicts.put("held", (SIGNED,))
    admission_server.stop(signal.SIGQUIT)
    with pytest.raises(ExternalError):
        sightings.first(SHOP)
    for _ in range(10):
        assert verdicts.get("held") == (SIGNED,)
        assert verdicts.get("other") is None
        with pytest.raises(ExternalError, match="a moment ago"):
            sightings.note(SHOP, NOW)
    admission_server.start()

    def noted() -> bool:
        with suppress(ExternalError):
            return sightings.note(SHOP, NOW) == NOW
        return False

    assert within(PATIENCE, noted)
    assert sightings.first(SHOP) == NOW
    database.close()


@pytest.mark.parametrize("address", ["mysql://h/d", "postgresql://u:secret@h/d", "nonsense"])
def test_what_is_no_address_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        opened(tmp_path, address)
