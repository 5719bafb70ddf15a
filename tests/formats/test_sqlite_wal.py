"""Write-ahead logs: changes that SQLite itself left beside a database; what SQLite reads of both is the expectation."""

from __future__ import annotations

import mmap
import shutil
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import sqlite_log, sqlite_wal
from assay.model.ecosystem import COMPLETES, File

Row = tuple[int, bytes]
Step = tuple[str, int]


def left_behind(folder: Path, steps: Sequence[Step], page_size: int = 4096) -> Path:
    """A database with its log, copied while it is open: the state of a program that was ended."""
    home = folder / "live"
    home.mkdir()
    copy = folder / "copy"
    with closing(sqlite3.connect(home / "db", isolation_level=None)) as live:
        live.execute(f"PRAGMA page_size={page_size}")
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA wal_autocheckpoint=0")
        live.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)")
        for step, number in steps:
            do(live, step, number)
        if live.in_transaction:
            live.execute("COMMIT")
        shutil.copytree(home, copy)
    return copy


def do(live: sqlite3.Connection, step: str, number: int) -> None:
    """One step of a program that uses the database."""
    if step == "insert":
        live.executemany(
            "INSERT INTO t (value) VALUES (?)", [(bytes([n % 256]) * (n * 37 % 3000),) for n in range(number)]
        )
    elif step == "delete":
        live.execute("DELETE FROM t WHERE id % 3 = ?", (number % 3,))
    elif step == "update":
        live.execute("UPDATE t SET value = zeroblob(?) WHERE id % 2", (number,))
    elif step == "rollback":
        live.execute("BEGIN")
        live.execute("UPDATE t SET value = NULL")
        live.execute("ROLLBACK")
    elif step == "vacuum":
        live.execute("VACUUM")
    elif step == "checkpoint":
        live.execute(f"PRAGMA wal_checkpoint({['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'][number % 4]})")


def as_sqlite_reads(folder: Path) -> list[Row]:
    """The rows of the database with the log beside it."""
    with closing(sqlite3.connect(folder / "db")) as connection:
        return rows(connection)


def as_we_read(database: bytes, log: bytes) -> list[Row]:
    """The rows of the database into which the log went; without the mark of the log, as rpm's reader does it."""
    data = bytearray(sqlite_wal.checkpoint(database, log))
    data[18:20] = b"\x01\x01"
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(bytes(data))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return rows(connection)


def rows(connection: sqlite3.Connection) -> list[Row]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 't'").fetchall():
        return []
    return list(connection.execute("SELECT id, value FROM t ORDER BY id"))


STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "update", "rollback", "vacuum", "checkpoint"]), st.integers(0, 120)),
    max_size=8,
)


@settings(max_examples=40)
@given(STEPS, st.sampled_from([512, 1024, 4096, 65_536]), st.integers(min_value=0), st.booleans())
def test_a_log_is_read_as_sqlite_reads_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], page_size: int, cut: int, is_cut: bool
) -> None:
    """Whole, and cut off or damaged anywhere behind its header."""
    copy = left_behind(tmp_path_factory.mktemp("wal"), steps, page_size)
    database, log = (copy / "db").read_bytes(), bytearray((copy / "db-wal").read_bytes())
    if is_cut and len(log) > 32:
        at = 32 + cut % (len(log) - 32)
        log[at] ^= 0x55
        del log[at + 1 + cut % 7 * 100 :]
        (copy / "db-wal").write_bytes(log)
    expected = as_sqlite_reads(copy)
    if len(log) >= 32:
        assert as_we_read(database, bytes(log)) == expected


def test_large_files_come_as_memory_maps(tmp_path: Path) -> None:
    copy = left_behind(tmp_path, [("insert", 20)])
    with (copy / "db").open("rb") as database, (copy / "db-wal").open("rb") as log:
        maps = [mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) for file in (database, log)]
        assert sqlite_wal.committed(maps[1]) > 0
        content, told = sqlite_log.merged(File("db", maps[0], log=maps[1]))
        assert (content, told) == (sqlite_wal.checkpoint(maps[0][:], maps[1][:]), ())


def test_words_of_the_other_byte_order_are_summed(tmp_path: Path) -> None:
    """What SQLite writes on a big-endian machine; SQLite here reads it too."""
    copy = left_behind(tmp_path, [("insert", 50)])
    database, log = (copy / "db").read_bytes(), bytearray((copy / "db-wal").read_bytes())
    size = int.from_bytes(log[8:12], "big")
    log[:4] = (0x377F0683).to_bytes(4, "big")
    one, two = summed(bytes(log[:24]), 0, 0)
    log[24:32] = struct.pack(">II", one, two)
    for at in range(32, len(log), 24 + size):
        one, two = summed(bytes(log[at : at + 8] + log[at + 24 : at + 24 + size]), one, two)
        log[at + 16 : at + 24] = struct.pack(">II", one, two)
    (copy / "db-wal").write_bytes(log)
    expected = as_sqlite_reads(copy)
    assert len(expected) == 50
    assert as_we_read(database, bytes(log)) == expected


def summed(data: bytes, one: int, two: int) -> tuple[int, int]:
    for first, second in struct.iter_unpack(">II", data):
        one = (one + first + two) % (1 << 32)
        two = (two + second + one) % (1 << 32)
    return one, two


def test_a_log_with_a_commit_asks_to_be_read_with_its_database(tmp_path: Path) -> None:
    log = (left_behind(tmp_path, []) / "db-wal").read_bytes()
    assert sqlite_wal.committed(log) >= 2
    found = sqlite_log.parse(File("var/lib/rpm/rpmdb.sqlite-wal", log))
    assert found.facts == {COMPLETES: "var/lib/rpm/rpmdb.sqlite"}


def test_a_log_that_went_into_its_database_asks_for_nothing(tmp_path: Path) -> None:
    log = (left_behind(tmp_path, [("checkpoint", 3)]) / "db-wal").read_bytes()
    assert sqlite_log.parse(File("rpmdb.sqlite-wal", log)).facts == {}


def test_frames_without_a_commit_or_of_another_time_do_not_count(tmp_path: Path) -> None:
    data = bytearray((left_behind(tmp_path, []) / "db-wal").read_bytes())
    size = int.from_bytes(data[8:12], "big")
    assert sqlite_wal.committed(bytes(data[: 32 + 24 + size - 1])) == 0
    data[16] ^= 1
    assert sqlite_wal.committed(bytes(data)) == 0


def test_a_log_of_another_database_is_told_and_left_out(tmp_path: Path) -> None:
    copy = left_behind(tmp_path, [("insert", 3)], 1024)
    other = (tmp_path / "other").resolve()
    other.mkdir()
    log = (left_behind(other, [], 4096) / "db-wal").read_bytes()
    database = (copy / "db").read_bytes()
    content, told = sqlite_log.merged(File("a/db.sqlite", database, log=log))
    assert content is database
    assert [(item.path, "not one of this database" in item.reason) for item in told] == [("a/db.sqlite-wal", True)]
    for bad in (log[:20], b"\0" * 40, log[:4] + b"\0" + log[5:], log[:24] + bytes(8) + log[32:]):
        with pytest.raises(Malformed):
            sqlite_wal.checkpoint(database, bad)


def test_a_database_does_not_grow_without_end(tmp_path: Path) -> None:
    """A frame of which the commit claims the largest number of pages."""
    copy = left_behind(tmp_path, [])
    database, log = (copy / "db").read_bytes(), bytearray((copy / "db-wal").read_bytes())
    size = int.from_bytes(log[8:12], "big")
    one, two = struct.unpack(">II", log[24:32])
    log[36:40] = b"\x7f\xff\xff\xff"
    for first, second in struct.iter_unpack("<II", log[32:40] + log[56 : 56 + size]):
        one = (one + first + two) % (1 << 32)
        two = (two + second + one) % (1 << 32)
    log[48:56] = struct.pack(">II", one, two)
    with pytest.raises(LimitExceeded):
        sqlite_wal.checkpoint(database, bytes(log[: 56 + size]))


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", bytes(100)])
def test_what_is_no_log_is_nothing(data: bytes) -> None:
    found = sqlite_log.parse(File("var/lib/rpm/rpmdb.sqlite-wal", data))
    assert (found.facts, found.skipped) == ({}, ())


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    data = bytes.fromhex("377f0682002de21800000200") + data
    sqlite_wal.committed(data)
    with suppress(AssayError):
        sqlite_wal.checkpoint(b"SQLite format 3\0" + b"\x02\0" + bytes(600), data)
