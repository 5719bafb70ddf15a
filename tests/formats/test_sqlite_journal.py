"""Rollback journals that SQLite left beside a database; what it makes of both is the expectation, to the byte."""

from __future__ import annotations

import mmap
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import sqlite_journal, sqlite_log
from assay.model.ecosystem import COMPLETES, File

Step = tuple[str, int]
MODES = ("DELETE", "TRUNCATE", "PERSIST")


def left_behind(
    folder: Path, steps: Sequence[Step], page_size: int = 1024, mode: str = "DELETE", synchronous: str = "FULL"
) -> Path:
    """A database in the midst of a transaction, with a cache so small that its pages are in the file already."""
    home, copy = folder / "live", folder / "copy"
    home.mkdir(parents=True)
    with closing(sqlite3.connect(home / "db", isolation_level=None)) as live:
        live.execute(f"PRAGMA page_size={page_size}")
        live.execute("PRAGMA cache_size=1")
        live.execute("PRAGMA cache_spill=1")
        live.execute(f"PRAGMA journal_mode={mode}")
        live.execute("PRAGMA synchronous=OFF")
        live.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)")
        do(live, "insert", 60)
        live.execute(f"PRAGMA synchronous={synchronous}")
        live.execute("BEGIN")
        for step, number in steps:
            do(live, step, number)
        shutil.copytree(home, copy)
        live.execute("ROLLBACK")
    return copy


def do(live: sqlite3.Connection, step: str, number: int) -> None:
    """One step of a program that uses the database."""
    if step == "insert":
        values = [(bytes([n % 256]) * (n * 37 % 3000),) for n in range(number)]
        live.executemany("INSERT INTO t (value) VALUES (?)", values)
    elif step == "delete":
        live.execute("DELETE FROM t WHERE id % 3 = ?", (number % 3,))
    elif step == "update":
        live.execute("UPDATE t SET value = zeroblob(?) WHERE id % 2", (number * 50,))
    elif step == "drop":
        live.execute("DROP TABLE IF EXISTS other")
        live.execute("CREATE TABLE other AS SELECT * FROM t")
    elif step == "savepoint":
        live.execute("SAVEPOINT s")
        live.execute("UPDATE t SET value = NULL")
        live.execute("ROLLBACK TO s")


def as_sqlite_leaves_it(folder: Path) -> bytes:
    """The database once SQLite has read it with the journal beside; damaged ones too."""
    with closing(sqlite3.connect(folder / "db")) as connection, suppress(sqlite3.DatabaseError):
        connection.execute("SELECT count(*) FROM t").fetchall()
    return (folder / "db").read_bytes()


def read(folder: Path) -> tuple[bytes, bytes]:
    journal = folder / "db-journal"
    return (folder / "db").read_bytes(), journal.read_bytes() if journal.exists() else b""


STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "update", "drop", "savepoint"]), st.integers(0, 120)), max_size=5
)


@settings(max_examples=40)
@given(
    steps=STEPS,
    page_size=st.sampled_from([512, 1024, 4096, 65_536]),
    mode=st.sampled_from(MODES),
    synchronous=st.sampled_from(["OFF", "NORMAL", "FULL"]),
    cut=st.none() | st.integers(min_value=0),
)
def test_a_journal_is_read_as_sqlite_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[Step],
    page_size: int,
    mode: str,
    synchronous: str,
    cut: int | None,
) -> None:
    """Whole, and cut off or damaged anywhere behind the first header."""
    copy = left_behind(tmp_path_factory.mktemp("journal"), steps, page_size, mode, synchronous)
    database, journal = read(copy)
    if cut is not None and len(journal) > 600:
        damaged = bytearray(journal)
        at = 512 + cut % (len(journal) - 512)
        damaged[at] ^= 0x55
        del damaged[at + 1 + cut % 7 * 400 :]
        journal = bytes(damaged)
        (copy / "db-journal").write_bytes(journal)
    assert sqlite_journal.rolled_back(database, journal) == as_sqlite_leaves_it(copy)


def test_several_segments(tmp_path: Path) -> None:
    """One for each time that the cache ran over."""
    copy = left_behind(tmp_path, [("update", 20), ("insert", 40), ("delete", 1)])
    database, journal = read(copy)
    assert journal.count(sqlite_journal.MAGIC) > 2
    result = sqlite_journal.rolled_back(database, journal)
    assert result != database
    assert result == as_sqlite_leaves_it(copy)


KILLED = """
import sqlite3, sys, time
live = sqlite3.connect(sys.argv[1], isolation_level=None)
live.execute("PRAGMA cache_size=1")
live.execute("PRAGMA synchronous=OFF")
live.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)")
live.executemany("INSERT INTO t (value) VALUES (?)", [(b"x" * 500,) for _ in range(200)])
live.execute("PRAGMA synchronous=FULL")
live.execute("BEGIN")
live.execute("UPDATE t SET value = zeroblob(900)")
print("in the midst", flush=True)
time.sleep(60)
"""


def test_a_program_that_was_killed(tmp_path: Path) -> None:
    program = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "db")], stdout=subprocess.PIPE)
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"in the midst\n"
        os.kill(program.pid, signal.SIGKILL)
    database, journal = read(tmp_path)
    assert sqlite_log.parse(File("a/db-journal", journal)).facts == {COMPLETES: "a/db"}
    content, told = sqlite_log.merged(File("a/db", database, log=journal))
    assert (content, told) == (as_sqlite_leaves_it(tmp_path), ())
    assert content != database


@pytest.mark.parametrize("mode", MODES)
def test_a_journal_that_did_its_work_asks_for_nothing(tmp_path: Path, mode: str) -> None:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as live:
        live.execute(f"PRAGMA journal_mode={mode}")
        live.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        database, journal = read(tmp_path)
    assert sqlite_log.parse(File("db-journal", journal)).facts == {}
    assert sqlite_journal.rolled_back(database, journal) is database


def written(pages: Sequence[tuple[int, bytes]], sector: int, before: int, count: int | None = None) -> bytes:
    """A journal of one segment by the file format."""
    size, nonce = len(pages[0][1]), 7
    head = sqlite_journal.MAGIC + struct.pack(
        ">5I", len(pages) if count is None else count, nonce, before, sector, size
    )
    records = [
        struct.pack(">I", number) + page + struct.pack(">I", nonce + sum(page[at] for at in range(size - 200, 0, -200)))
        for number, page in pages
    ]
    return head + bytes(max(0, sector - len(head))) + b"".join(records)


def plain(folder: Path) -> bytes:
    """A database of 512-byte pages."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "db", isolation_level=None)) as live:
        live.execute("PRAGMA page_size=512")
        live.execute("PRAGMA synchronous=OFF")
        live.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)")
        live.executemany("INSERT INTO t (value) VALUES (?)", [(bytes([n]) * 90,) for n in range(20)])
    return (folder / "db").read_bytes()


@settings(max_examples=60)
@given(
    sector=st.sampled_from([16, 32, 512, 4096, 65_536, 1000]),
    numbers=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    before=st.integers(0, 12),
    count=st.none() | st.sampled_from([0, 1, 5, 0xFFFFFFFF]),
    damaged=st.integers(0, 12),
)
def test_journals_of_every_shape_are_read_as_sqlite_reads_them(
    tmp_path_factory: pytest.TempPathFactory,
    sector: int,
    numbers: list[int],
    before: int,
    count: int | None,
    damaged: int,
) -> None:
    """Sectors of other disks, pages twice or beyond the end, lengths that lie, a checksum that does not hold."""
    folder = tmp_path_factory.mktemp("shape")
    database = plain(folder)
    pages = [
        (number, bytes([number + at]) * 512 if number > 1 else database[:512]) for at, number in enumerate(numbers)
    ]
    whole = bytearray(written(pages, sector, before, count))
    if damaged < len(pages):
        whole[max(sector, 28) + (damaged + 1) * 520 - 1] ^= 0x55
    journal = bytes(whole)
    (folder / "db-journal").write_bytes(journal)
    assert sqlite_journal.rolled_back(database, journal) == as_sqlite_leaves_it(folder)


def test_pages_that_the_database_did_not_have_are_passed_over_unread(tmp_path: Path) -> None:
    """As SQLite does: what follows a damaged one of them still counts."""
    database = plain(tmp_path)
    journal = bytearray(written([(9, b"a" * 512), (2, b"b" * 512)], 512, 5))
    journal[512 + 519] ^= 1
    (tmp_path / "db-journal").write_bytes(journal)
    result = sqlite_journal.rolled_back(database, bytes(journal))
    assert result[512:1024] == b"b" * 512
    assert result == as_sqlite_leaves_it(tmp_path)


def test_a_second_header_that_was_cut_off(tmp_path: Path) -> None:
    database = plain(tmp_path)
    journal = written([(2, b"b" * 512)], 520, 5)
    assert sqlite_journal.rolled_back(database, journal) is database, "520 is no sector size"
    journal = written([(number, b"b" * 512) for number in (2, 3, 4, 5)], 32, 5) + sqlite_journal.MAGIC
    assert len(journal) % 32 == len(sqlite_journal.MAGIC)
    (tmp_path / "db-journal").write_bytes(journal)
    assert sqlite_journal.rolled_back(database, journal) == as_sqlite_leaves_it(tmp_path)


def test_a_change_to_several_databases_is_told(tmp_path: Path) -> None:
    """Its name is that of a file which SQLite would look for; it is not there, so that the change was completed."""
    database = plain(tmp_path)
    name = b"/elsewhere/db-mj0001"
    tail = (
        struct.pack(">I", (1 << 30) // 512 + 1) + name + struct.pack(">II", len(name), sum(name)) + sqlite_journal.MAGIC
    )
    journal = written([(2, bytes(512))], 512, 5) + tail
    content, told = sqlite_log.merged(File("a/db", database, log=journal))
    assert content is database
    assert [(item.path, "several databases" in item.reason) for item in told] == [("a/db-journal", True)]
    (tmp_path / "db-journal").write_bytes(journal)
    assert as_sqlite_leaves_it(tmp_path) == database


def test_large_files_come_as_memory_maps(tmp_path: Path) -> None:
    copy = left_behind(tmp_path, [("update", 20)])
    with (copy / "db").open("rb") as database, (copy / "db-journal").open("rb") as journal:
        maps = [mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) for file in (database, journal)]
        assert sqlite_log.parse(File("db-journal", maps[1])).facts == {COMPLETES: "db"}
        content, told = sqlite_log.merged(File("db", maps[0], log=maps[1]))
        assert (content, told) == (sqlite_journal.rolled_back(maps[0][:], maps[1][:]), ())


def test_a_database_does_not_grow_without_end(tmp_path: Path) -> None:
    journal = written([(2, bytes(512))], 512, 0x7FFFFFFF)
    with pytest.raises(LimitExceeded):
        sqlite_journal.rolled_back(plain(tmp_path), journal)


def test_a_page_size_that_none_can_have(tmp_path: Path) -> None:
    """The journal leaves it to a database that has none."""
    journal = bytearray(written([(2, bytes(512))], 512, 4))
    journal[24:28] = bytes(4)
    with pytest.raises(Malformed):
        sqlite_journal.rolled_back(bytes(600), bytes(journal))
    database = plain(tmp_path)
    (tmp_path / "db-journal").write_bytes(journal)
    assert sqlite_journal.rolled_back(database, bytes(journal)) == as_sqlite_leaves_it(tmp_path)


@pytest.mark.parametrize("size", [100, 511, 512, 600])
def test_a_header_alone_still_tells_how_long_the_database_was(tmp_path: Path, size: int) -> None:
    """But not in fewer bytes than SQLite reads at once."""
    database = plain(tmp_path)
    journal = written([(2, bytes(512))], 32, 3)[:size]
    (tmp_path / "db-journal").write_bytes(journal)
    expected = as_sqlite_leaves_it(tmp_path)
    assert sqlite_journal.rolled_back(database, journal) == expected
    assert (len(expected) == 3 * 512) is (size >= 512)


@pytest.mark.parametrize("data", [b"", sqlite_journal.MAGIC, bytes(600), sqlite_journal.MAGIC + bytes(600)])
def test_what_is_no_journal_is_nothing(data: bytes) -> None:
    found = sqlite_log.parse(File("var/lib/rpm/rpmdb.sqlite-journal", data))
    assert (found.facts, found.skipped) == ({}, ())


@given(st.binary(max_size=2000), st.sampled_from([32, 512]))
def test_arbitrary_bytes_never_crash(data: bytes, sector: int) -> None:
    data = sqlite_journal.MAGIC + struct.pack(">5I", 0xFFFFFFFF, 1, 3, sector, 512) + bytes(484) + data
    with suppress(AssayError):
        assert len(sqlite_journal.rolled_back(b"SQLite format 3\0" + b"\x02\0" + bytes(600), data)) == 3 * 512
