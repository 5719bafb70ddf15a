"""The store database of Nix, hence the reader of SQLite tables; its log and its journal; store paths."""

from __future__ import annotations

import contextlib
import sqlite3
import struct

from assay.ecosystems.nix import database, store
from assay.errors import AssayError
from assay.formats import sqlite_journal, sqlite_log, sqlite_wal
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


def _log() -> bytes:
    """A log for that database, with one commit and the checksums that belong to it."""
    head = bytes.fromhex("377f0682002de2180000020000000000 0000000000000000")
    sums = _summed(head, (0, 0))
    page = _seed()[:512]
    frame = struct.pack(">II", 1, len(_seed()) // 512)
    return head + struct.pack(">II", *sums) + frame + bytes(8) + struct.pack(">II", *_summed(frame + page, sums)) + page


def _summed(data: bytes, start: tuple[int, int]) -> tuple[int, int]:
    one, two = start
    for first, second in struct.iter_unpack("<II", data):
        one = (one + first + two) % (1 << 32)
        two = (two + second + one) % (1 << 32)
    return one, two


def _journal() -> bytes:
    """A journal for that database, of two segments with the checksums that belong to their pages."""
    pages = [_seed()[at : at + 512] for at in (0, 512)]
    head = struct.pack(">8s5I", sqlite_journal.MAGIC, 1, 7, len(_seed()) // 512, 32, 512) + bytes(4)
    records = [
        struct.pack(">I", number) + page + struct.pack(">I", 7 + page[112] + page[312])
        for number, page in enumerate(pages, 1)
    ]
    return b"".join(head + record + bytes(-len(record) % 32) for record in records)


SEEDS: list[bytes] = [
    _seed(),
    b"nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1-dev/bin/hello",
    b"\x37\x7f\x06\x82\0-\xe2\x18\0\0\2\0" + bytes(600),
    _log(),
    _journal(),
]


def run(data: bytes) -> None:
    with contextlib.suppress(AssayError):
        database.parse(File("nix/var/nix/db/db.sqlite", data))
    with contextlib.suppress(AssayError):
        database.parse(File("nix/var/nix/db/db.sqlite", SEEDS[0], log=data))
    sqlite_wal.committed(data)
    sqlite_log.parse(File("nix/var/nix/db/db.sqlite-journal", data))
    if len(data) < 1 << 16:
        with contextlib.suppress(AssayError):
            assert len(sqlite_journal.rolled_back(SEEDS[0], data)) <= len(SEEDS[0]) + len(data) + (64 << 20)
    store.parse(File(data[:1000].decode("utf-8", "replace"), b""))
