"""The schema of the evidence store: numbered SQL files, each applied once, in order, all or nothing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assay.errors import UsageError

BUSY_SECONDS = 30
STEP_SECONDS = 0.1
_OTHERS_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: sqlite3.Connection, folder: Path = _FOLDER) -> None:
    """Brings a database to the newest schema; several processes may try at once.

    Raises `UsageError` for a database that a newer assay wrote.
    """
    pending = sorted(folder.glob("[0-9]*.sql"))
    if _version(connection) == len(pending):
        return
    begin(connection)
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)"
        )
        done = _version(connection)
        if done > len(pending):
            raise UsageError(
                f"the evidence store has schema {done}, this assay knows {len(pending)}",
                "use the newer assay that wrote it, or another --data-dir",
            )
        for number, path in enumerate(pending[done:], done + 1):
            for statement in statements(path.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", (number, path.stem))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def begin(connection: sqlite3.Connection) -> None:
    """Starts a transaction that writes, waiting for others in short steps, between which Ctrl-C is heard."""
    patiently(lambda: connection.execute("BEGIN IMMEDIATE"))


def patiently(action: Callable[[], object]) -> None:
    """Does what another process may hold up, again and again for `BUSY_SECONDS`."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _OTHERS_BUSY or time.monotonic() > end:
                raise


def _version(connection: sqlite3.Connection) -> int:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone()
    if known is None:
        return 0
    version: int = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()[0]
    return version


def statements(script: str) -> Iterator[str]:
    """The statements of an SQL file (`Connection.executescript` would commit in between)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
