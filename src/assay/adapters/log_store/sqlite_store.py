"""A log in a folder: SQLite for what changes (one transaction is one commit), files for tiles that are full.

::

    FOLDER/log.sqlite           head, right edge, tail of entries, tiles not yet in files, index
    FOLDER/tile/0/000           full tiles and bundles, as C2SP tlog-tiles names them
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.adapters.log_store import sql_log
from assay.adapters.log_store.sql_log import SqlLog, Step
from assay.adapters.log_store.tile_files import TileFiles, sync
from assay.errors import ExternalError, InternalError

_ROOM = "make room on the disk, or look at its health; nothing that was answered is lost"


def _nothing(_: str) -> None:
    """Nobody wants to hear of writes."""


class SqliteStore(SqlLog):
    """The store of one log; see `assay.ports.LogStore`. `step` hears of every write before it takes place."""

    def __init__(self, folder: Path, step: Step = _nothing) -> None:
        self.folder = folder
        with _world(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._sqlite = _Sqlite(folder)
        super().__init__(self._sqlite, _Files(folder, step), step)
        self._sqlite.migrate()
        with _world(folder):
            sync(folder)
        self._settle()

    def close(self) -> None:
        """Close all connections."""
        self._sqlite.close()


@contextmanager
def _world(folder: Path) -> Iterator[None]:
    """What the disk and SQLite raise, in our words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise InternalError(f"the log in {folder} is damaged: {error}", "restore it") from error
        raise ExternalError(f"the log in {folder} cannot be written or read: {error}", _ROOM) from error
    except OSError as error:
        raise ExternalError(f"the log in {folder} cannot be written or read: {error}", _ROOM) from error


class _Files:
    """The tiles; what the disk raises, in our words."""

    def __init__(self, folder: Path, step: Step) -> None:
        self._files = TileFiles(folder, step)

    def read(self, path: str) -> bytes | None:
        with _world(self._files.folder):
            return self._files.read(path)

    def write(self, tiles: Sequence[tuple[str, bytes]]) -> None:
        with _world(self._files.folder):
            self._files.write(tiles)


class _Sqlite:
    """The database, with a connection for each thread."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.where = folder, f"the log in {folder}"
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    @property
    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            path = self._folder / "log.sqlite"
            found = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA cache_size = -32768")
            self._local.connection = found
            self._connections.append(found)
        return found

    def migrate(self) -> None:
        """Bring the tables up to date."""
        with self.writing() as write:
            ((version,),) = write.run("PRAGMA user_version")
            sql_log.check_version(version, self.where)
            for statement in sql_log.scripts(version):
                write.run(statement)
            write.run(f"PRAGMA user_version = {sql_log.VERSION}")

    @contextmanager
    def reading(self) -> Iterator[_Statements]:
        """One state."""
        with _world(self._folder):
            connection = self._connection
            connection.execute("BEGIN")
            try:
                yield _Statements(connection)
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[_Statements]:
        """All or nothing."""
        with _world(self._folder):
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Statements(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


class _Statements:
    """See `assay.adapters.log_store.sql_log.Statements`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def insert(self, table: str, kinds: str, rows: Iterable[Sequence[object]], more: str = "") -> None:
        places = ", ".join("?" * len(kinds))
        self._connection.executemany(f"INSERT INTO {table} VALUES ({places}) {more}", rows)  # noqa: S608  # of ours
