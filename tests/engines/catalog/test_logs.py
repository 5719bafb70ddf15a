"""Databases with their write-ahead logs and journals: in folders, in images, in layers that part them."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from assay.adapters.directory import Directory
from assay.adapters.findings_cache import FindingsCache
from assay.adapters.oci_layout import open_layout
from assay.ecosystems import discover
from assay.engines.catalog import Options, catalog
from assay.model.sbom import Completeness, Sbom
from simulators.image import Members, layout

PATH = "var/lib/rpm/rpmdb.sqlite"
STORE = "nix/var/nix/db/db.sqlite"
DATABASES = [item for item in discover() if item.name in ("rpm", "nix")]
HASH = "0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n"


class Left(NamedTuple):
    """A database before and after its log was written, and the log; as a program leaves them that was ended."""

    before: bytes
    after: bytes
    log: bytes


def rpm(name: str) -> bytes:
    """A header with a name, a version and a release."""
    index, data = b"", b""
    for tag, value in {1000: name.encode(), 1001: b"1", 1002: b"2"}.items():
        index += struct.pack(">IIII", tag, 6, len(data), 1)
        data += value + b"\0"
    return struct.pack(">II", 3, len(data)) + index + data


def left(folder: Path, schema: str, first: list[str], then: list[str], *, checkpointed: bool = True) -> Left:
    """A database after `first`, and with the log that `then` made."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "db", isolation_level=None)) as live:
        live.create_function("rpm", 1, rpm)
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA wal_autocheckpoint=0")
        for statement in (schema, *first):
            live.execute(statement)
        if checkpointed:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = (folder / "db").read_bytes()
        for statement in then:
            live.execute(statement)
        return Left(before, (folder / "db").read_bytes(), (folder / "db-wal").read_bytes())


def packages(folder: Path, *, checkpointed: bool = True) -> Left:
    """rpm's database with a, b and c; the log replaces b by d."""
    first = [f"INSERT INTO Packages (blob) VALUES (rpm('{name}'))" for name in "abc"]
    then = ["DELETE FROM Packages WHERE hnum = 2", "INSERT INTO Packages (blob) VALUES (rpm('d'))"]
    schema = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
    return left(folder, schema, first, then, checkpointed=checkpointed)


def paths(folder: Path) -> Left:
    """Nix's database without a path; the log adds one."""
    schema = "CREATE TABLE ValidPaths (id INTEGER PRIMARY KEY, path TEXT, hash TEXT, time INTEGER)"
    refs = "CREATE TABLE Refs (referrer INTEGER, reference INTEGER)"
    then = [f"INSERT INTO ValidPaths VALUES (1, '/nix/store/{HASH}-hello-2.12.1', 'sha256:00', 1)"]
    return left(folder, schema, [refs], then)


def broken_off(folder: Path) -> Left:
    """rpm's database with a, b and c; b is gone and d there in the midst of a transaction, which the journal undoes."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "db", isolation_level=None)) as live:
        live.create_function("rpm", 1, rpm)
        live.execute("PRAGMA synchronous=OFF")
        live.execute("PRAGMA cache_size=1")
        live.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        live.execute("CREATE TABLE Filling (value BLOB)")
        live.executemany("INSERT INTO Packages (blob) VALUES (rpm(?))", list("abc"))
        before = (folder / "db").read_bytes()
        live.execute("BEGIN")
        live.execute("DELETE FROM Packages WHERE hnum = 2")
        live.execute("INSERT INTO Packages (blob) VALUES (rpm('d'))")
        live.executemany("INSERT INTO Filling VALUES (zeroblob(?))", [(3000,)] * 50)
        found = Left(before, (folder / "db").read_bytes(), (folder / "db-journal").read_bytes())
        live.execute("ROLLBACK")
        return found


def in_folder(folder: Path, files: dict[str, bytes]) -> Sbom:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return catalog(Directory(str(folder)), DATABASES)


def in_layers(folder: Path, *layers: Members, all_layers: bool = False, cache: Path | None = None) -> Sbom:
    options = Options(all_layers=all_layers, analyser="x", cache=FindingsCache(cache) if cache else None)
    return catalog(open_layout(str(layout(folder, layers))), DATABASES, options)


def shown(found: Sbom) -> list[str]:
    return [f"{item.name} {','.join(str(place.layer) for place in item.occurrences)}" for item in found.components]


def test_a_folder_is_read_with_the_log_and_not_written_to(tmp_path: Path) -> None:
    files = packages(tmp_path / "made")
    found = in_folder(tmp_path / "root", {PATH: files.after, f"{PATH}-wal": files.log})
    assert [item.name for item in found.components] == ["a", "c", "d"]
    assert (found.skipped, found.completeness) == ((), Completeness.COMPLETE)
    assert sorted(path.name for path in (tmp_path / "root/var/lib/rpm").iterdir()) == [
        "rpmdb.sqlite",
        "rpmdb.sqlite-wal",
    ]
    assert (tmp_path / "root" / PATH).read_bytes() == files.after


def test_a_database_that_is_nothing_without_its_log(tmp_path: Path) -> None:
    """Its table is in the log alone; the complaint that it has none goes with it."""
    files = packages(tmp_path / "made", checkpointed=False)
    alone = in_folder(tmp_path / "alone", {PATH: files.after})
    assert (alone.components, [item.path for item in alone.skipped]) == ((), [PATH])
    found = in_folder(tmp_path / "root", {PATH: files.after, f"{PATH}-wal": files.log})
    assert ([item.name for item in found.components], found.skipped) == (["a", "c", "d"], ())


def test_a_store_without_a_path_before_its_log(tmp_path: Path) -> None:
    """The database alone says nothing and was not kept: it is looked for."""
    files = paths(tmp_path / "made")
    assert in_folder(tmp_path / "alone", {STORE: files.after}).components == ()
    found = in_folder(tmp_path / "root", {STORE: files.after, f"{STORE}-wal": files.log})
    assert ([item.name for item in found.components], found.skipped) == (["hello"], ())
    image = in_layers(tmp_path / "image", {STORE: files.after}, {f"{STORE}-wal": files.log})
    assert (shown(image), image.skipped) == (["hello 1"], ())
    hidden = in_layers(
        tmp_path / "hidden", {STORE: files.after}, {"nix/var/nix/.wh.db": b""}, {f"{STORE}-wal": files.log}
    )
    assert (hidden.components, [item.path for item in hidden.skipped]) == ((), [f"{STORE}-wal"])


def test_layers_part_a_database_from_its_log(tmp_path: Path) -> None:
    files = packages(tmp_path / "made")
    apart: list[Members] = [{PATH: files.after}, {f"{PATH}-wal": files.log}]
    for attempt in range(2):  # the second reads what the first has kept
        found = in_layers(tmp_path / f"image{attempt}", *apart, cache=tmp_path / "cache")
        assert (shown(found), found.skipped) == (["a 1", "c 1", "d 1"], ())
    assert shown(in_layers(tmp_path / "same", {f"{PATH}-wal": files.log, PATH: files.after})) == ["a 0", "c 0", "d 0"]


def test_a_log_that_is_gone_counts_no_more(tmp_path: Path) -> None:
    files = packages(tmp_path / "made")
    both: Members = {PATH: files.after, f"{PATH}-wal": files.log}
    assert shown(in_layers(tmp_path / "gone", both, {"var/lib/rpm/.wh.rpmdb.sqlite-wal": b""})) == ["a 0", "b 0", "c 0"]


def test_all_layers_show_each_state_once(tmp_path: Path) -> None:
    files = packages(tmp_path / "made")
    apart: list[Members] = [{PATH: files.after}, {f"{PATH}-wal": files.log}]
    assert shown(in_layers(tmp_path / "image", *apart, all_layers=True)) == ["a 0,1", "b 0", "c 0,1", "d 1"]


@pytest.mark.parametrize("damage", ["absent", "another", "salt"])
def test_what_cannot_be_read_together_is_told_and_the_database_alone_is_read(tmp_path: Path, damage: str) -> None:
    files = packages(tmp_path / "made")
    database, log = files.after, files.log
    if damage == "another":
        log = log[:8] + (1024).to_bytes(4, "big") + log[12:]
    elif damage == "salt":
        log = log[:24] + bytes(8) + log[32:]
    contents = {f"{PATH}-wal": log} if damage == "absent" else {PATH: database, f"{PATH}-wal": log}
    found = in_folder(tmp_path / "root", contents)
    assert [item.name for item in found.components] == ([] if damage == "absent" else ["a", "b", "c"])
    assert [item.path for item in found.skipped] == [f"{PATH}-wal"]


def test_paths_that_are_left_out_change_nothing(tmp_path: Path) -> None:
    files = packages(tmp_path / "made")
    source = open_layout(str(layout(tmp_path / "image", [{PATH: files.after, f"{PATH}-wal": files.log}])))
    found = catalog(source, DATABASES, Options(ignore=lambda path: path.endswith("-wal")))
    assert [item.name for item in found.components] == ["a", "b", "c"]


def test_a_change_that_was_broken_off_never_happened(tmp_path: Path) -> None:
    files = broken_off(tmp_path / "made")
    both = {PATH: files.after, f"{PATH}-journal": files.log}
    alone = in_folder(tmp_path / "alone", {PATH: files.after})
    assert [item.name for item in alone.components] != ["a", "b", "c"]
    found = in_folder(tmp_path / "root", both)
    assert ([item.name for item in found.components], found.skipped) == (["a", "b", "c"], ())
    assert (tmp_path / "root" / PATH).read_bytes() == files.after
    apart: list[Members] = [{PATH: files.after}, {f"{PATH}-journal": files.log}]
    image = in_layers(tmp_path / "image", *apart)
    assert (shown(image), image.skipped) == (["a 1", "b 1", "c 1"], ())


@pytest.mark.parametrize("damage", ["absent", "another"])
def test_a_journal_that_cannot_be_read_with_its_database_is_told(tmp_path: Path, damage: str) -> None:
    files = broken_off(tmp_path / "made")
    journal = files.log + b"other" + struct.pack(">II", 5, sum(b"other")) + files.log[:8]
    contents = (
        {f"{PATH}-journal": files.log} if damage == "absent" else {PATH: files.before, f"{PATH}-journal": journal}
    )
    found = in_folder(tmp_path / "root", contents)
    assert [item.name for item in found.components] == ([] if damage == "absent" else ["a", "b", "c"])
    assert [item.path for item in found.skipped] == [f"{PATH}-journal"]


@pytest.mark.parametrize("all_layers", [False, True])
def test_of_two_logs_one_is_left_out_and_told(tmp_path: Path, all_layers: bool) -> None:
    """The journal counts, which SQLite looks at before it looks for a log."""
    files, other = broken_off(tmp_path / "made"), packages(tmp_path / "other")
    members: Members = {PATH: files.after, f"{PATH}-journal": files.log, f"{PATH}-wal": other.log}
    found = in_layers(tmp_path / "image", members, all_layers=all_layers)
    assert shown(found) == ["a 0", "b 0", "c 0"]
    assert [(item.path, item.layer) for item in found.skipped] == [(f"{PATH}-wal", 0)]


def test_an_emptied_journal_changes_nothing(tmp_path: Path) -> None:
    files = broken_off(tmp_path / "made")
    found = in_folder(tmp_path / "root", {PATH: files.before, f"{PATH}-journal": bytes(512) + files.log[512:]})
    assert ([item.name for item in found.components], found.skipped) == (["a", "b", "c"], ())
