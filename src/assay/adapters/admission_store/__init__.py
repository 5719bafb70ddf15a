"""What the admission controller keeps, in one SQLite file (``admission.db``): verdicts, and when workloads came.

One connection for all threads, behind a lock: what is asked again and again is held in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

from assay.adapters.evidence import schema
from assay.errors import ExternalError, InputError

__all__ = ["Database"]
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """The opened file; `use` gives the connection to one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open it, and make it where there is none (readable by its owner alone). Raises `ExternalError`."""
        with _translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(
                folder / "admission.db", timeout=schema.STEP_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                schema.patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                connection.execute("PRAGMA synchronous = FULL")
                schema.migrate(connection, _MIGRATIONS)
            except BaseException:
                connection.close()
                raise
        return cls(connection)

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """The connection; what SQLite complains of is an error of assay's."""
        with self._lock, _translated():
            yield self._connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


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
