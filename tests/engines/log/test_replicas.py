"""Several replicas of one log over a real PostgreSQL and a real S3 server: turns, fences, and what fails below them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from assay.adapters.log_store.replicated_store import ReplicatedStore
from assay.adapters.log_store.turns import PostgresTurns
from assay.adapters.object_store import Changed, ObjectStore
from assay.engines.log.replica import ReplicatedLog
from assay.engines.log.sequencer import Log
from assay.errors import AssayError, ExternalError, InternalError, Refused, UsageError
from assay.formats import tlog_note, tlog_tile
from assay.model.transparency import NewLeaf, Placed
from simulators.forked import ended
from simulators.log_places import Shared
from simulators.log_writer import replica_begun
from simulators.object_server import FaultyProxy, ObjectServer
from simulators.postgres_server import PostgresServer
from simulators.processes import PATIENCE, within

ORIGIN = "crash.example"
TTL = 0.6


def leaves(count: int, name: str = "entry") -> list[NewLeaf]:
    return [NewLeaf(f"{name} {number}".encode(), (f"hash:{number % 7}",)) for number in range(count)]


@contextmanager
def replica(place: Shared, *, start: bool = True, ttl: float = TTL, patience: float = 60.0) -> Iterator[ReplicatedLog]:
    """One replica of a log."""
    store = place.store()
    turns = PostgresTurns(store, ttl)
    log = ReplicatedLog(store, ORIGIN, (), turns, turns, patience=patience)
    try:
        if start:
            log.start()
        yield log
    finally:
        log.close()
        store.close()


def until(what: Callable[[], object]) -> None:
    """Wait for it."""
    assert within(PATIENCE, what), "it did not come to that"


def test_replicas_contend_and_make_one_tree(replicas: Shared) -> None:
    places: list[tuple[bytes, Placed]] = []

    def write(log: ReplicatedLog, name: str) -> None:
        for batch in range(8):
            asked = leaves(1 + batch * 13 % 70, f"{name} {batch}")
            places.extend(zip((leaf.data for leaf in asked), log.append(asked), strict=True))

    with replica(replicas) as one, replica(replicas) as other, replica(replicas) as third:
        writers = [threading.Thread(target=write, args=(log, str(at))) for at, log in enumerate((one, other, third))]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(PATIENCE)
        total = 3 * sum(1 + batch * 13 % 70 for batch in range(8))
        assert sorted(place.index for _, place in places) == list(range(total))
        assert not any(place.duplicate for _, place in places)
        until(lambda: [one.leads, other.leads, third.leads].count(True) == 1)
        for log in (one, other, third):
            log.catch_up()
            assert log.head == one.head
            for data, place in places[::17]:
                assert log.entry(place.index)[0] == data
        again = third.append(leaves(1, "0 0") + leaves(1, "2 3"))
        assert all(place.duplicate for place in again)


def test_what_one_replica_answered_the_others_show_at_once(replicas: Shared) -> None:
    with replica(replicas) as one, replica(replicas) as other:
        until(lambda: one.leads or other.leads)
        for number in range(5):
            for writer, reader in ((one, other), (other, one)):
                (place,) = writer.append([NewLeaf(b"%d of %d" % (number, id(writer)))])
                assert reader.entry(place.index)[0] == b"%d of %d" % (number, id(writer))
                reader.catch_up()
                assert reader.head.size > place.index


def test_a_writer_that_slept_through_its_turn_commits_nothing(replicas: Shared) -> None:
    ttl = 3.0
    with replica(replicas, start=False, ttl=ttl) as sleeper, replica(replicas, start=False, ttl=ttl) as other:
        sleeper.look()
        assert sleeper.leads
        sleeper.append(leaves(3))
        time.sleep(ttl * 1.5)
        other.look()
        assert other.leads
        assert not sleeper.leads
        with pytest.raises(Refused, match="somebody else"):
            Log.append(sleeper, leaves(1, "late"))  # as if it had looked at its clock before it slept
        assert sleeper.head.size == 3
        other.append(leaves(2, "new"))
        with pytest.raises(Refused):
            Log.append(sleeper, leaves(1, "late"))
        sleeper.catch_up()
        assert sleeper.head == other.head


def test_who_left_or_died_is_followed_within_seconds(replicas: Shared) -> None:
    with replica(replicas) as other:
        with replica(replicas) as one:
            until(lambda: one.leads or other.leads)
            one.append(leaves(5))
        until(lambda: other.leads)
        assert other.append(leaves(6))[-1].index == 5


@pytest.mark.parametrize("stop", [*range(1, 26)])
def test_a_replica_that_is_killed_at_any_write_is_followed(replicas: Shared, tmp_path: Path, stop: int) -> None:
    """The other replica writes all the time, too; nothing that either answered is lost, and no tree forks."""
    answers = tmp_path / "answers"
    mine: dict[int, bytes] = {}
    victim = replica_begun(replicas, stop, answers, TTL)
    until(lambda: not victim.is_alive() or (answers.exists() and answers.stat().st_size))
    with replica(replicas) as survivor:
        seen = [survivor.head]
        done = threading.Event()

        def write() -> None:
            number = 0
            while not done.is_set():
                number += 1
                asked = leaves(1 + number * 31 % 90, f"survivor {number}")
                for leaf, place in zip(asked, survivor.append(asked), strict=True):
                    assert mine.setdefault(place.index, leaf.data) == leaf.data
                seen.append(survivor.head)

        writer = threading.Thread(target=write)
        writer.start()
        assert ended(victim) == -signal.SIGKILL
        time.sleep(0.1)
        done.set()
        writer.join(PATIENCE)
        survivor.append(leaves(1, "last"))
        assert all(one.size <= other.size for one, other in pairwise(seen))
        check(survivor, mine, answers)
        for head in seen:
            assert survivor.root(head.size) == head.root


def check(log: ReplicatedLog, mine: dict[int, bytes], answers: Path) -> None:
    head = log.head
    for line in answers.read_text().splitlines() if answers.exists() else ():
        index, data, size, root = line.split()
        assert mine.setdefault(int(index), data.replace("-", " ").encode()) == data.replace("-", " ").encode()
        assert log.root(int(size)).hex() == root
    entries: list[bytes] = []
    for start in range(0, head.size, tlog_tile.WIDTH):
        entries += log.entries(start, min(head.size, start + tlog_tile.WIDTH))
    assert len(entries) == head.size == len(set(entries))
    assert all(entries[index] == data for index, data in mine.items())


def test_a_database_that_dies_and_comes_back_loses_nothing(objects: ObjectServer, postgres: PostgresServer) -> None:
    place = Shared(postgres.common, objects.address(), "log-restarted")
    answered: dict[int, bytes] = {}
    with replica(place) as one, replica(place) as other:
        until(lambda: one.leads or other.leads)
        stopped = threading.Event()

        def write(log: ReplicatedLog, name: str) -> None:
            number = 0
            while not stopped.is_set():
                number += 1
                asked = leaves(20, f"{name} {number}")
                try:
                    placed = log.append(asked)
                except ExternalError:
                    time.sleep(0.05)
                    continue
                answered.update({place.index: leaf.data for leaf, place in zip(asked, placed, strict=True)})

        writers = [threading.Thread(target=write, args=(log, name)) for log, name in ((one, "one"), (other, "other"))]
        for writer in writers:
            writer.start()
        time.sleep(0.5)
        postgres.stop(signal.SIGQUIT)
        with pytest.raises(AssayError):
            one.catch_up()
        postgres.start()
        before = len(answered)
        until(lambda: len(answered) > before + 100)
        stopped.set()
        for writer in writers:
            writer.join(PATIENCE)
        one.catch_up()
        entries = [one.entry(index)[0] for index in sorted(answered)]
        assert entries == [answered[index] for index in sorted(answered)]
        assert "replicas" not in one.warnings or "replicas" not in other.warnings


@pytest.fixture
def proxy(objects: ObjectServer) -> Iterator[FaultyProxy]:
    """The object store's network."""
    found = FaultyProxy(objects.port)
    yield found
    found.close()


@pytest.mark.parametrize("mode", ["down", "full"])
def test_an_object_store_that_fails_is_told_and_loses_nothing(
    objects: ObjectServer, replicas: Shared, proxy: FaultyProxy, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.adapters.log_store.replicated_store._REST", 0.3)
    place = Shared(replicas.database, objects.address(proxy.port), replicas.name)
    with replica(place) as log:
        until(lambda: log.leads)
        log.append(leaves(200))
        proxy.mode = mode
        log.append(leaves(400, "while it fails"))
        assert "tiles wait" in log.store.complaint  # type: ignore[attr-defined]
        until(lambda: "objects" in log.warnings)
        assert log.entry(300)[0] == b"while it fails 100"
        assert log.tile(tlog_tile.Tile(0, 1))
        proxy.mode = ""
        until(lambda: "objects" not in log.warnings)
        assert len(place.outside("tile/0/001")) == 8192
        assert tlog_note.checkpoint(place.outside("checkpoint").decode()).size == 600


def test_a_slow_object_store_slows_but_loses_nothing(
    objects: ObjectServer, replicas: Shared, proxy: FaultyProxy
) -> None:
    place = Shared(replicas.database, objects.address(proxy.port), replicas.name)
    with replica(place) as log:
        until(lambda: log.leads)
        proxy.mode, proxy.delay = "slow", TTL * 1.5
        assert log.append(leaves(300))[-1].index == 299
        assert log.leads  # it kept its turn meanwhile
        assert len(place.outside("tile/0/000")) == 8192


def test_the_published_checkpoint_never_goes_back(replicas: Shared) -> None:
    one, other = replicas.store(), replicas.store()
    log = Log(one, ORIGIN, ())
    log.append(leaves(3))
    old = log.head.checkpoint
    log.append(leaves(6))
    other.published()
    assert other.complaint == ""
    other._published.write(old)  # a writer that slept between its commit and this
    assert other.published() == log.head.checkpoint
    fork = old.replace(b"\n3\n", b"\n6\n")
    with pytest.raises(InternalError, match="another tree"):
        other._published.write(fork)
    assert replicas.outside("checkpoint") == log.head.checkpoint


def test_objects_are_replaced_only_as_they_were_seen(replicas: Shared) -> None:
    store = ObjectStore(replicas.objects)
    store.check()
    first = store.put("a", b"1", None)
    with pytest.raises(Changed):
        store.put("a", b"2", None)
    second = store.put("a", b"2", first)
    with pytest.raises(Changed):
        store.put("a", b"3", first)
    assert store.get("a") == (b"2", second)
    assert store.get("b") is None
    with pytest.raises(Changed):
        store.put("b", b"1", first)


def test_a_database_that_was_put_back_in_time_is_not_written_on(replicas: Shared) -> None:
    with replica(replicas) as log:
        until(lambda: log.leads)
        log.append(leaves(4))
        store = ObjectStore(replicas.objects)
        name = f"{replicas.name}/checkpoint"
        found = store.get(name)
        assert found is not None
        log.append(leaves(9))
        newest = store.get(name)
        assert newest is not None
    for table in ("head", "edge", "tail", "leaf", "term"):
        replicas.change(f"TRUNCATE {table}", ())
    again = Log(replicas.store(), ORIGIN, ())  # the database as it was before
    with replica(replicas, patience=0.5) as log:
        until(lambda: "were published" in log.warnings.get("replicas", ""))
        with pytest.raises(ExternalError, match="no replica"):
            log.append(leaves(1, "new"))
        assert log.head.size == again.head.size == 0


def test_a_replica_does_not_follow_a_fork(replicas: Shared) -> None:
    with replica(replicas, start=False) as log:
        log.look()
        log.append(leaves(5))
        head = log.head
        for table in ("head", "edge", "tail", "leaf", "term"):
            replicas.change(f"TRUNCATE {table}", ())
        Log(replicas.store(), ORIGIN, ()).append(leaves(7, "forged"))
        with pytest.raises(InternalError, match="did not grow"):
            log.catch_up()
        assert log.head == head
        assert "did not grow" in log.warnings["fork"]


def test_a_sealed_log_takes_nothing_from_anybody(replicas: Shared) -> None:
    with replica(replicas) as one, replica(replicas) as other:
        until(lambda: one.leads or other.leads)
        one.append(leaves(2))
        one.seal()
        for log in (one, other):
            with pytest.raises(ExternalError, match="no entries any more"):
                log.append(leaves(1, "late"))
        assert one.head.size == 2


@pytest.mark.parametrize(
    "address",
    ["sqlite:///x", "postgresql://me:secret@db.example/x", "postgresql://db.example/x?password=secret", "nonsense"],
)
def test_addresses_of_databases_that_are_refused(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        ReplicatedStore(address, ObjectStore("s3://logs"), "log")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["https://logs", "s3://", "s3://logs?other=1", "s3://logs?endpoint=ftp://x", "s3://key:secret@logs"]
)
def test_addresses_of_object_stores_that_are_refused(address: str) -> None:
    with pytest.raises(UsageError):
        ObjectStore(address)
