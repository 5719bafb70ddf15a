"""The store database of Nix, hence the reader of SQLite tables."""

from __future__ import annotations

import contextlib
import sqlite3

from assay.ecosystems.nix import database
from assay.errors import AssayError
from assay.model.ecosystem import File


def _seed() -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA page_size=512")
        connection.execute("CREATE TABLE ValidPaths (id INTEGER PRIMARY KEY, path TEXT, hash TEXT, time INTEGER)")
        connection.execute("CREATE TABLE Refs (referrer INTEGER, reference INTEGER)")
        for number in range(1, 20):
            path = f"/nix/store/{'0' * 32}-a{number}-1.{number}" + "0" * 40 * number
            connection.execute("INSERT INTO ValidPaths VALUES (?, ?, 'sha256:00', 1)", (number, path))
            connection.execute("INSERT INTO Refs VALUES (?, ?)", (number, number // 2))
        connection.commit()
        return connection.serialize()


SEEDS: list[bytes] = [_seed()]


def run(data: bytes) -> None:
    with contextlib.suppress(AssayError):
        database.parse(File("nix/var/nix/db/db.sqlite", data))
