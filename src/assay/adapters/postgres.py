"""PostgreSQL (14 or newer) for what several replicas share: connections by thread, transactions, errors in our words.

An address is libpq's: ``postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full``. The password comes from where libpq
finds it (``PGPASSWORD``, ``PGPASSFILE``), never from the address, which others can see.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from assay.errors import ExternalError, InternalError, UsageError

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgresql://", "postgres://")
_ARRAYS = {"i": "bigint[]", "b": "bytea[]", "t": "text[]"}
_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=8000 -c idle_in_transaction_session_timeout=15000"
    " -c search_path={schema} -c timezone=UTC"
)
_LIMITS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "assay",
}
_AWAY = "look at the database; nothing that was answered is lost"
_WORDS = (("INTEGER", "BIGINT"), ("BLOB", "BYTEA"), ("REAL", "DOUBLE PRECISION"), (" WITHOUT ROWID", ""))
_DURABLE = ("on", "remote_write", "remote_apply")


def check_address(address: str) -> None:
    """Raise `UsageError` for what is no address of a database, or has a password in it."""
    try:
        parts = urlsplit(address)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        has_password = parts.password is not None or "password" in names
    except ValueError:
        parts, has_password = urlsplit(""), False
    if f"{parts.scheme}://" not in SCHEMES:
        raise UsageError("this is no address of a database", "--storage postgresql://USER@HOST/DATABASE")
    if has_password:
        raise UsageError("the address of the database has a password in it", "put it into PGPASSWORD or PGPASSFILE")


class Postgres:
    """The tables of one schema of a database, `where` in words."""

    def __init__(self, address: str, schema: str, where: str) -> None:
        check_address(address)
        if not schema.replace("_", "").isalnum() or not schema.isascii():
            raise InternalError(f"{schema!r} is no name of a schema")
        self.address, self.schema, self.where = address, schema, where
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[psycopg.Connection[tuple[Any, ...]]] = []

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            found, self._all = self._all, []
        for connection in found:
            connection.close()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own, for who listens."""
        try:
            import psycopg
        except ImportError as error:
            raise UsageError("a database needs the extra `postgres`", "pip install 'assay[postgres]'") from error

        options: dict[str, Any] = {**_LIMITS, "options": _OPTIONS.format(schema=self.schema)}
        with self._world():
            found = psycopg.connect(self.address, autocommit=True, prepare_threshold=3, **options)
        try:
            with self._world():
                _durable(found)
        except BaseException:
            found.close()
            raise
        with self._lock:
            self._all = [one for one in self._all if not one.closed] + [found]
        return found

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """That of this thread; a broken one is replaced."""
        found: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._local, "connection", None)
        if found is None or found.closed or found.broken:
            found = self._local.connection = self.connect()
        return found

    @contextmanager
    def _world(self) -> Iterator[None]:
        """What libpq and the server say, in our words."""
        import psycopg

        try:
            yield
        except psycopg.errors.DiskFull as error:
            raise ExternalError(f"{self.where}: the disk of the database is full", "make room there") from error
        except psycopg.errors.DataCorrupted as error:
            raise InternalError(f"{self.where} is damaged: {_line(error)}", "restore the database") from error
        except psycopg.Error as error:
            raise ExternalError(f"{self.where} cannot be reached or used: {_line(error)}", _AWAY) from error
        except OSError as error:
            raise ExternalError(f"{self.where} cannot be reached or used: {error}", _AWAY) from error

    @contextmanager
    def reading(self) -> Iterator[Statements]:
        """A transaction that sees one state."""
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as found:
            yield found

    @contextmanager
    def writing(self) -> Iterator[Statements]:
        """A transaction that is durable when it was left; where that fails, it is not known whether it took place."""
        with self._transaction("BEGIN") as found:
            yield found

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Statements]:
        with self._world():
            connection = self._begun(begin)
            try:
                yield Statements(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(Exception):
                    connection.execute("ROLLBACK")
                if not _idle(connection):
                    connection.close()
                raise

    def _begun(self, begin: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in a transaction; one that the server has closed meanwhile is replaced once."""
        import psycopg

        try:
            connection = self._connection()
            connection.execute(begin)
        except psycopg.OperationalError:
            self._local.connection = None
            connection = self._connection()
            connection.execute(begin)
        return connection

    def install(self, scripts: dict[int, list[str]]) -> None:
        """Make the schema, or bring it to the last version: `scripts` lead from each version (0: none) to the next."""
        newest = max(scripts) + 1
        with self.writing() as write:
            write.run("SELECT pg_advisory_xact_lock(hashtext(?))", (f"assay {self.schema}",))
            write.run(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
            write.run("CREATE TABLE IF NOT EXISTS version (number BIGINT NOT NULL)")
            version = (write.run("SELECT number FROM version") or [(0,)])[0][0]
            if version > newest:
                raise UsageError(f"{self.where} is of a newer assay (version {version})", "update assay")
            for number in range(version, newest):
                for statement in scripts[number]:
                    write.run(translated(statement))
            write.run("DELETE FROM version")
            write.run("INSERT INTO version VALUES (?)", (newest,))


class Statements:
    """See `assay.adapters.log_store.sql_log.Statements`."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one; the rows it gives."""
        cursor = self._connection.execute(statement.replace("?", "%s").encode(), values or None)
        return cursor.fetchall() if cursor.description is not None else []

    def insert(self, table: str, kinds: str, rows: Iterable[Sequence[object]], more: str = "") -> None:
        """Insert rows, all in one statement: each column is an array."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        if columns:
            arrays = ", ".join(f"%s::{_ARRAYS[kind]}" for kind in kinds)
            statement = f"INSERT INTO {table} SELECT * FROM unnest({arrays}) {more}"  # noqa: S608  # all of it is ours
            self._connection.execute(statement.encode(), columns)


def translated(statement: str) -> str:
    """A statement of a schema, in PostgreSQL's words."""
    for ours, theirs in _WORDS:
        statement = statement.replace(ours, theirs)
    return statement


def _durable(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Commits of this connection are on disk when they return."""
    settings = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
    if settings is None or settings[0] != "on":
        raise UsageError("the database does not write durably", "set fsync = on in postgresql.conf")
    if settings[1] not in _DURABLE:
        connection.execute("SET synchronous_commit = on")


def _idle(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    import psycopg

    return not connection.closed and connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
