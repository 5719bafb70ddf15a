"""The admission controller's tables in PostgreSQL, for several replicas.

A review waits for no database that is away: what failed is left alone for a moment, and who asks meanwhile is told so
at once. A few connections serve all threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assay.adapters import postgres
from assay.adapters.admission_store import MIGRATIONS, Rows
from assay.adapters.evidence import schema
from assay.errors import ExternalError, UsageError

if TYPE_CHECKING:
    import psycopg

SCHEMA = "assay_admission"
CONNECTIONS = 6
_WHERE = "the database of the admission controller"
_WAIT, _REST = 3.0, 2.0
"""Seconds that a thread waits for a connection, and for which a database that failed is left alone."""
_STATEMENT = "SET statement_timeout = 3000; SET lock_timeout = 2000"


class _Few(postgres.Postgres):
    """Connections that threads borrow: there are never more than `CONNECTIONS`."""

    def __init__(self, address: str) -> None:
        super().__init__(address, SCHEMA, _WHERE)
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        self._idle: list[psycopg.Connection[tuple[Any, ...]]] = []

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """One more, which waits for nothing longer than a review may."""
        found = super().connect()
        with self._world():
            found.execute(_STATEMENT)
        return found

    @contextmanager
    def borrowed(self) -> Iterator[None]:
        """A connection is this thread's until it was left."""
        if not self._free.acquire(timeout=_WAIT):
            raise ExternalError(f"{_WHERE} is busy", "try again")
        try:
            self._local.connection = self._idle.pop() if self._idle else None
            yield
        finally:
            left, self._local.connection = self._local.connection, None
            if left is not None and not left.closed:
                self._idle.append(left)
            self._free.release()


class PostgresDatabase:
    """`assay.adapters.admission_store.Database` of several replicas; the schema is made where there is none."""

    def __init__(self, address: str) -> None:
        if not address.startswith(postgres.SCHEMES):
            raise UsageError("this is no address of a database", "--database postgresql://USER@HOST/NAME")
        self._postgres = _Few(address)
        self._rests = 0.0
        paths = sorted(MIGRATIONS.glob("[0-9]*.sql"))
        scripts = {
            number: list(schema.statements(path.read_text(encoding="utf-8"))) for number, path in enumerate(paths)
        }
        with self._postgres.borrowed():
            self._postgres.install(scripts)

    @contextmanager
    def use(self) -> Iterator[_Statements]:
        """See the port."""
        if time.monotonic() < self._rests:
            raise ExternalError(f"{_WHERE} could not be reached a moment ago", "look at the database")
        try:
            with self._postgres.borrowed(), self._postgres.writing() as write:
                yield _Statements(write)
        except ExternalError:
            self._rests = time.monotonic() + _REST
            raise

    def close(self) -> None:
        """Close all connections."""
        self._postgres.close()


class _Statements:
    """`assay.adapters.admission_store.Statements`."""

    def __init__(self, inner: postgres.Statements) -> None:
        self._inner = inner

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Rows:
        """Run one."""
        return _Rows(self._inner.run(statement, values))

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> None:
        """Run one for each row of values."""
        for row in rows:
            self._inner.run(statement, row)


class _Rows:
    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def fetchone(self) -> Any:
        """The next row; None after the last."""
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        found, self._rows = self._rows, []
        return found
