"""An instance of Sigstore that is kept in a folder, opened in this process for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.app import sigstore


@contextmanager
def opened_instance(folder: Path) -> Iterator[sigstore.Instance]:
    """The instance; the databases of its logs are closed at the end, as at the end of a process."""
    instance = sigstore.open_instance(folder, b"p")
    try:
        yield instance
    finally:
        for log in (*instance.logs, *instance.cts):
            if isinstance(log.store, SqliteStore):
                log.store.close()
