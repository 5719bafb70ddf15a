from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.nix import database, store
from assay.ecosystems.nix.table import Database
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Located

STORE = Path(__file__).parents[2] / "src/assay/ecosystems/nix/fixtures/store/input/nix/var/nix/db/db.sqlite"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hello-2.12.1", ("hello", "2.12.1", "")),
        ("openssl-3.0.13-dev", ("openssl", "3.0.13", "dev")),
        ("python3.11-requests-2.31.0", ("python3.11-requests", "2.31.0", "")),
        ("gcc-wrapper-12.3.0-man", ("gcc-wrapper", "12.3.0", "man")),
        ("unit-foo.service", ("unit-foo.service", "", "")),
    ],
)
def test_names_are_split_as_nix_does(text: str, parts: tuple[str, str, str]) -> None:
    assert database.split(text) == parts


def written(path: Path, page_size: int) -> list[tuple[int, list[object]]]:
    """A database with several levels of pages, long rows, gaps in the keys; what SQLite reads back."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)")
        rows = [(index * 3, "x" * (index**2 % 9973), (-1) ** index * index**4) for index in range(1, 400)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        connection.commit()
        return [(row[0], [None, row[1], row[2]]) for row in connection.execute("SELECT * FROM t ORDER BY id")]


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_tables_are_read_as_sqlite_reads_them(tmp_path: Path, page_size: int) -> None:
    expected = written(tmp_path / "db.sqlite", page_size)
    assert list(Database((tmp_path / "db.sqlite").read_bytes()).rows("t")) == expected


def test_a_database_of_something_else_is_malformed(tmp_path: Path) -> None:
    written(tmp_path / "db.sqlite", 4096)
    with pytest.raises(Malformed, match="ValidPaths"):
        database.parse(File("nix/var/nix/db/db.sqlite", (tmp_path / "db.sqlite").read_bytes()))


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=16))
def test_mutated_databases_never_crash(position: int, noise: bytes) -> None:
    data = bytearray(STORE.read_bytes())
    position %= len(data)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        database.parse(File("nix/var/nix/db/db.sqlite", bytes(data)))


def located(path: str, layer: int = -1) -> Located:
    return Located(path, layer, store.parse(File(path, b"")), store.PARSER)


def test_a_database_is_believed_before_the_paths() -> None:
    there = database.parse(File("srv/nix/var/nix/db/db.sqlite", STORE.read_bytes()))
    known = Located("srv/nix/var/nix/db/db.sqlite", -1, there, "nix-database")
    inside = located("srv/nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1/bin/hello")
    outside = located("nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1/bin/hello")
    assert [one.path for one in store.assemble([inside, known, outside], None)] == [known.path, outside.path]


def test_a_store_path_is_told_once_a_layer() -> None:
    folder = "nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1"
    files = [located(f"{folder}/bin/{name}", layer) for layer in (0, 1) for name in "ab"]
    assert [(one.path[-1], one.layer) for one in store.assemble(files, None)] == [("a", 0), ("a", 1)]
    for path in (f"{folder}.drv/bin/a", "nix/store/short-hello-1.0/bin/a", "usr/bin/a"):
        assert not store.parse(File(path, b"")).components
