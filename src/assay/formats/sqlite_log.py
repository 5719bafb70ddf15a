"""What lies beside an SQLite database and changes what it says: write-ahead logs and rollback journals.

The catalog reads a database again with the file that completes it (`assay.model.ecosystem.COMPLETES`); `merged` is what
the readers of databases then ask for. Neither is opened by SQLite, which would write to both.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import sqlite_journal, sqlite_wal
from assay.model.ecosystem import COMPLETES, Content, File, Found
from assay.model.sbom import Skipped

_WAL, _JOURNAL = "-wal", "-journal"


def parse(file: File) -> Found:
    """Nothing but the word that the database beside is to be read with this file, where that changes it."""
    if file.path.endswith(_JOURNAL):
        changes = sqlite_journal.header(file.content) is not None
    else:
        changes = bool(sqlite_wal.committed(file.content))
    return Found(facts={COMPLETES: file.path.removesuffix(_WAL).removesuffix(_JOURNAL)}) if changes else Found()


def merged(file: File) -> tuple[Content, tuple[Skipped, ...]]:
    """The database of a file as SQLite would read it with the one beside (`File.log`).

    Alone, and told, where the two do not fit each other.
    """
    if not file.log:
        return file.content, ()
    is_journal = file.log[:8] == sqlite_journal.MAGIC
    try:
        if is_journal:
            return sqlite_journal.rolled_back(file.content, file.log), ()
        return sqlite_wal.checkpoint(file.content, file.log), ()
    except Malformed as error:
        path = file.path + (_JOURNAL if is_journal else _WAL)
        what = "a change that was broken off is not undone" if is_journal else "its changes are not in the database yet"
        return file.content, (Skipped(path, f"{what}: {error.what}"),)
