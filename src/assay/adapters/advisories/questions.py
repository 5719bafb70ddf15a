"""All questions of a scan as one small database in memory, made once; every shard is joined with a copy of it.

A copy is a memory copy, so a shard finds its packages, compares the sort keys and leaves out what does not hold within
one statement, and nothing but answers becomes an object here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from assay.model.advisory_store import Question

NAME = "asked"
"""Under which the copy is attached; its table is ``asked.question``."""

_TABLE = (
    "CREATE TABLE question (ecosystem TEXT, number INTEGER, name TEXT, key BLOB, everything INTEGER,"
    " PRIMARY KEY (ecosystem, number)) WITHOUT ROWID"
)


def database(questions: Sequence[Question]) -> bytes:
    """The database of questions; their numbers are their positions."""
    rows = [
        (ecosystem, number, name, key, everything)
        for number, (ecosystem, name, _, key, everything) in enumerate(questions)
    ]
    rows.sort()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO question VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return connection.serialize()


def attach(connection: sqlite3.Connection) -> None:
    """Makes room for the questions beside the database of a connection."""
    connection.execute(f"ATTACH ':memory:' AS {NAME}")


def put(connection: sqlite3.Connection, data: bytes) -> None:
    """Gives a connection that has room for them a copy of these questions, in place of those before."""
    connection.deserialize(data, name=NAME)
