"""What the admission controller keeps: verdicts, when workloads came, how rollouts go on, which generation is in force.

One replica keeps it in an SQLite file (``admission.db``), several in PostgreSQL: the same schema, the same statements.
What is asked again and again is held in memory by those who ask.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from assay.adapters.evidence import schema
from assay.errors import ExternalError, InputError

__all__ = ["Database", "Rows", "SqliteDatabase", "Statements", "opened"]
MIGRATIONS = Path(__file__).parent / "migrations"


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """The next row; None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...


class Statements(Protocol):
    """Statements of one transaction, with ``?`` for each value, in words that SQLite and PostgreSQL share."""

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Rows:
        """Run one."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> object:
        """Run one for each row of values."""
        ...


class Database(Protocol):
    """Where it is kept; what goes wrong is an `ExternalError`, or an `InputError` for a file that is none of ours."""

    def use(self) -> AbstractContextManager[Statements]:
        """A transaction: all of it took place when it was left, or nothing."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class SqliteDatabase:
    """The opened file; `use` gives the connection to one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()

    @contextmanager
    def use(self) -> Iterator[Statements]:
        """See the port."""
        with self._lock, _translated():
            try:
                yield _Lazily(self._connection)
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


class _Lazily:
    """A transaction from the first statement that writes on: what is full or locked can still be read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Rows:
        """Run one."""
        if not self._connection.in_transaction and not statement.startswith(("SELECT", "PRAGMA")):
            schema.begin(self._connection)
        return self._connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> None:
        """Run one for each row of values."""
        for row in rows:
            self.execute(statement, row)


def opened(folder: Path, address: str = "") -> Database:
    """The file in `folder`, made where there is none (readable by its owner alone); with an address, PostgreSQL.

    Raises `ExternalError` for what cannot be used, `UsageError` for an address that is none.
    """
    if address:
        from assay.adapters.admission_store.postgres import PostgresDatabase

        return PostgresDatabase(address)
    with _translated():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            folder / "admission.db", timeout=schema.STEP_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            schema.patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute("PRAGMA synchronous = FULL")
            schema.migrate(connection, MIGRATIONS)
        except BaseException:
            connection.close()
            raise
    return SqliteDatabase(connection)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ExternalError(f"admission store: {error}", "check the folder's permissions and space") from error
    except sqlite3.DatabaseError as error:
        raise InputError(f"admission store: {error}", "delete it: verdicts are found again") from error
    except OSError as error:
        raise ExternalError(f"admission store: {error.strerror}", "name another place with --data-dir") from error
