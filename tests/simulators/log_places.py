"""Where the logs of tests are kept: in a folder with SQLite, or in PostgreSQL and an object store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.adapters.log_store.replicated_store import ReplicatedStore, schema_of
from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.adapters.object_store import ObjectStore

Step = Callable[[str], None]


def nothing(_: str) -> None:
    """Nobody wants to hear of writes."""


@dataclass(frozen=True)
class InFolder:
    """SQLite and files."""

    folder: Path
    broken_tiles = "fsync"
    newer = "PRAGMA user_version = 99"

    def store(self, step: Step = nothing) -> SqliteStore:
        """The store, opened anew."""
        return SqliteStore(self.folder, step)

    def outside(self, path: str) -> bytes:
        """A tile where it is in the end."""
        return (self.folder / path).read_bytes()

    def change(self, statement: str, values: Sequence[object]) -> None:
        """Change the database from behind."""
        with closing(sqlite3.connect(self.folder / "log.sqlite")) as opened, opened as database:
            database.execute(statement, values)


@dataclass(frozen=True)
class Shared:
    """PostgreSQL at `database`, and an object store at `objects`; `name` is that of the log."""

    database: str
    objects: str
    name: str
    broken_tiles = "put"
    newer = "UPDATE version SET number = 99"

    def store(self, step: Step = nothing) -> ReplicatedStore:
        """The store, opened anew."""
        return ReplicatedStore(self.database, ObjectStore(self.objects), self.name, step)

    def outside(self, path: str) -> bytes:
        """A tile where it is in the end."""
        found = ObjectStore(self.objects).get(f"{self.name}/{path}")
        assert found is not None, path
        return found[0]

    def change(self, statement: str, values: Sequence[object]) -> None:
        """Change the database from behind."""
        import psycopg

        with psycopg.connect(self.database, options=f"-c search_path={schema_of(self.name)}") as connection:
            connection.execute(statement.replace("?", "%s").encode(), list[Any](values))


Place = InFolder | Shared
