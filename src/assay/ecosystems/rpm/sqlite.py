"""``rpmdb.sqlite``: a table ``Packages (hnum INTEGER PRIMARY KEY, blob BLOB)`` with a header in each row.

The database is opened from bytes in memory, read-only, with SQLite's own protections against hostile files: no
triggers or views from the schema, checked cell sizes, bounded values.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import Content

MAGIC = b"SQLite format 3\0"
_MAX_HEADER = 256 << 20
_MAX_ROWS = 1 << 20
_MAX_STEPS = 200_000
"""Calls of the progress handler, one for every 1000 instructions."""


def headers(content: Content) -> Iterator[bytes]:
    """The headers in the order of installation; raises `Malformed` for what SQLite cannot read."""
    if content[:16] != MAGIC or len(content) < 512:
        raise Malformed("not an SQLite database")
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_HEADER)
        connection.deserialize(_without_wal(content))
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.set_progress_handler(_budget(), 1000)
        for count, (blob,) in enumerate(connection.execute("SELECT blob FROM Packages ORDER BY hnum")):
            if count >= _MAX_ROWS:
                raise LimitExceeded(f"more than {_MAX_ROWS} packages")
            if isinstance(blob, bytes):
                yield blob
    except (sqlite3.Error, ValueError, OverflowError, MemoryError) as error:
        raise Malformed(f"SQLite cannot read it: {error}") from error
    finally:
        connection.close()


def _without_wal(content: Content) -> Content:
    """The bytes with the mark of write-ahead logging cleared: in memory there is no log to look for."""
    if content[18:20] == b"\x01\x01":
        return content
    data = bytearray(content)
    data[18:20] = b"\x01\x01"
    return bytes(data)


class _budget:  # noqa: N801  # used like a function
    """Stops a query that does not end, as a crafted file can make one."""

    def __init__(self) -> None:
        self._left = _MAX_STEPS

    def __call__(self) -> int:
        self._left -= 1
        return self._left < 0
