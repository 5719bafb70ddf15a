"""Write-ahead logs: changes that SQLite itself left beside a database."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.app import SbomRequest, sbom
from assay.formats import sqlite_wal
from assay.model.ecosystem import File


def left_behind(folder: Path, *, written: bool) -> Path:
    """A database with its log, copied while it is open; `written`: after the log went into the database."""
    home = folder / "live"
    home.mkdir()
    with closing(sqlite3.connect(home / "rpmdb.sqlite")) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA wal_autocheckpoint=0")
        live.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        live.commit()
        if written:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy = folder / "root/var/lib/rpm"
        shutil.copytree(home, copy)
    return copy


def test_changes_that_are_not_in_the_database_are_told(tmp_path: Path) -> None:
    log = left_behind(tmp_path, written=False) / "rpmdb.sqlite-wal"
    assert sqlite_wal.committed(log.read_bytes()) >= 2
    found = sbom(SbomRequest(str(tmp_path / "root")))
    assert "var/lib/rpm/rpmdb.sqlite-wal" in [item.path for item in found.skipped]


def test_a_log_that_went_into_its_database_is_not_told(tmp_path: Path) -> None:
    log = left_behind(tmp_path, written=True) / "rpmdb.sqlite-wal"
    assert sqlite_wal.committed(log.read_bytes()) == 0
    found = sbom(SbomRequest(str(tmp_path / "root")))
    assert "var/lib/rpm/rpmdb.sqlite-wal" not in [item.path for item in found.skipped]


def test_frames_without_a_commit_or_of_another_time_do_not_count(tmp_path: Path) -> None:
    data = bytearray((left_behind(tmp_path, written=False) / "rpmdb.sqlite-wal").read_bytes())
    size = int.from_bytes(data[8:12], "big")
    assert sqlite_wal.committed(bytes(data[: 32 + 24 + size - 1])) == 0
    data[16] ^= 1
    assert sqlite_wal.committed(bytes(data)) == 0


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", bytes(100)])
def test_what_is_no_log_is_nothing(data: bytes) -> None:
    assert sqlite_wal.parse(File("var/lib/rpm/rpmdb.sqlite-wal", data)).skipped == ()


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    sqlite_wal.committed(bytes.fromhex("377f0682002de21800000200") + data)
