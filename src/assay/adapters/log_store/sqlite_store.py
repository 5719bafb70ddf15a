"""A log in a folder: SQLite for what changes (one transaction is one commit), files for tiles that are full.

::

    FOLDER/log.sqlite           head, right edge, tail of entries, tiles not yet in files, index
    FOLDER/tile/0/000           full tiles and bundles, as C2SP tlog-tiles names them

A tile gets into a file only after the transaction that has it was durable, so a file never holds what is not in the
tree, whatever is killed when; until it is in a file, it stays in the database.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.log_store import keys
from assay.adapters.log_store.tile_files import Step, TileFiles, sync
from assay.errors import ExternalError, InternalError, Refused, UsageError
from assay.model.transparency import Commit, TreeState

_VERSION = 1
_SCHEMA = """
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, checkpoint BLOB NOT NULL,
                   time INTEGER NOT NULL);
CREATE TABLE edge (level INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tail (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tile (path TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE leaf (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, time INTEGER NOT NULL);
CREATE INDEX leaf_key ON leaf (key);
CREATE TABLE term (key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID;
"""
_MIGRATIONS: dict[int, str] = {}
"""From which version, by what script, to the next."""


def _nothing(_: str) -> None:
    """Nobody wants to hear of writes."""


class SqliteStore:
    """The store of one log; see `assay.ports.LogStore`. `step` hears of every write before it takes place."""

    def __init__(self, folder: Path, step: Step = _nothing) -> None:
        self.folder = folder
        self._step = step
        self._tiles = TileFiles(folder, step)
        self._local = threading.local()
        self._writing = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        with self._world():
            folder.mkdir(parents=True, exist_ok=True)
            self._migrate()
            sync(folder)
        self._settle()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    @property
    def _database(self) -> sqlite3.Connection:
        """The connection of this thread."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            path = self.folder / "log.sqlite"
            found = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA cache_size = -32768")
            self._local.connection = found
            self._connections.append(found)
        return found

    def _migrate(self) -> None:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            database.execute("ROLLBACK")
            raise UsageError(f"the log in {self.folder} is of a newer assay (version {version})", "update assay")
        scripts = [_SCHEMA] if not version else [_MIGRATIONS[one] for one in range(version, _VERSION)]
        for statement in (part for script in scripts for part in script.split(";") if part.strip()):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")

    @contextmanager
    def _world(self) -> Iterator[None]:
        """What the disk and SQLite raise, in our words."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise InternalError(f"the log in {self.folder} is damaged: {error}", "restore it") from error
            raise ExternalError(f"the log in {self.folder} cannot be written or read: {error}", _ROOM) from error
        except OSError as error:
            raise ExternalError(f"the log in {self.folder} cannot be written or read: {error}", _ROOM) from error

    def state(self) -> TreeState:
        """What was committed last."""
        with self._world():
            database = self._database
            database.execute("BEGIN")
            try:
                row = database.execute("SELECT size, checkpoint, time FROM head").fetchone()
                edge = database.execute("SELECT data FROM edge ORDER BY level").fetchall()
            finally:
                database.execute("COMMIT")
        return TreeState() if row is None else TreeState(row[0], tuple(data for (data,) in edge), row[1], row[2])

    def commit(self, step: Commit) -> None:
        """Store a step as a whole; it is durable when this returns."""
        with self._writing:
            with self._world():
                self._transaction(lambda database: self._write(database, step))
            if step.tiles:
                self._settle()

    def _transaction(self, work: Callable[[sqlite3.Connection], None]) -> None:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            work(database)
            self._step("commit")
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        self._step("committed")

    def _write(self, database: sqlite3.Connection, step: Commit) -> None:
        row = database.execute("SELECT size, time FROM head").fetchone() or (0, 0)
        if row[0] != step.first:
            raise Refused(f"the log is at {row[0]} entries, not at {step.first}: somebody else writes to it")
        self._step("begin")
        moment = step.leaves[-1].time if step.leaves else row[1]
        database.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)", (step.size, step.checkpoint, moment))
        database.executemany("INSERT OR REPLACE INTO edge VALUES (?, ?)", enumerate(step.edge))
        numbered = list(enumerate(step.leaves, step.first))
        whole = step.size - step.size % 256
        if whole > step.first:
            database.execute("DELETE FROM tail")
        rows = [(number, leaf.data) for number, leaf in numbered if number >= whole]
        database.executemany("INSERT INTO tail VALUES (?, ?)", rows)
        database.executemany("INSERT INTO tile VALUES (?, ?)", step.tiles)
        found = [(number, keys.of_hash(leaf.hash), leaf.time) for number, leaf in numbered]
        database.executemany("INSERT INTO leaf VALUES (?, ?, ?)", found)
        terms = [(keys.of_term(term), number) for number, leaf in numbered for term in leaf.terms]
        database.executemany("INSERT OR IGNORE INTO term VALUES (?, ?)", sorted(terms))
        self._step("written")

    def _settle(self) -> None:
        """Move committed tiles from the database into files; what fails is tried again with the next full tile."""
        try:
            with self._world():
                tiles = self._database.execute("SELECT path, data FROM tile").fetchall()
                if tiles:
                    self._tiles.write(tiles)
                    self._transaction(lambda database: self._forget([path for path, _ in tiles], database))
        except ExternalError:  # they are safe where they are, and found there
            return

    def _forget(self, paths: Sequence[str], database: sqlite3.Connection) -> None:
        database.executemany("DELETE FROM tile WHERE path = ?", [(path,) for path in paths])

    def find(self, hashes: Sequence[bytes]) -> Sequence[tuple[bytes, int, int]]:
        """Leaf hash, index and time of leaves that may be those."""
        found = []
        with self._world():
            execute = self._database.execute
            for item in hashes:
                rows = execute("SELECT number, time FROM leaf WHERE key = ?", (keys.of_hash(item),))
                found += [(item, number, moment) for number, moment in rows]
        return found

    def time(self, index: int) -> int:
        """The second at which a leaf came in."""
        with self._world():
            row = self._database.execute("SELECT time FROM leaf WHERE number = ?", (index,)).fetchone()
        if row is None:
            raise InternalError(f"the log in {self.folder} has lost the time of the entry {index}", "restore it")
        return int(row[0])

    def search(self, term: str, limit: int) -> Sequence[int]:
        """The indices of the leaves that are found by a term, ascending."""
        with self._world():
            query = "SELECT number FROM term WHERE key = ? ORDER BY number LIMIT ?"
            return [number for (number,) in self._database.execute(query, (keys.of_term(term), limit))]

    def tile(self, path: str) -> bytes | None:
        """A full tile or bundle that was committed."""
        with self._world():
            found = self._tiles.read(path)
            if found is not None:
                return found
            row = self._database.execute("SELECT data FROM tile WHERE path = ?", (path,)).fetchone()
            return row[0] if row is not None else self._tiles.read(path)

    def tail(self, start: int) -> Sequence[bytes]:
        """The leaves from `start` on that are in no full bundle yet."""
        with self._world():
            rows = self._database.execute("SELECT data FROM tail WHERE number >= ? ORDER BY number", (start,))
            return [data for (data,) in rows]


_ROOM = "make room on the disk, or look at its health; nothing that was answered is lost"
