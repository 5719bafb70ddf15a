"""A log in a database: one transaction is one commit. The same tables and statements serve SQLite and PostgreSQL.

A full tile gets out of the database (into a file, or an object) only after the transaction that has it was durable, so
what is outside never holds what is not in the tree, whatever is killed when.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol

from assay.adapters.log_store import keys
from assay.errors import ExternalError, InternalError, Refused, UsageError
from assay.model.transparency import Commit, TreeState

Step = Callable[[str], None]
"""Hears of every write before it takes place (tests stop the process there)."""
VERSION = 1
SCHEMA = """
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, checkpoint BLOB NOT NULL,
                   time INTEGER NOT NULL);
CREATE TABLE edge (level INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tail (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tile (path TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE leaf (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, time INTEGER NOT NULL);
CREATE INDEX leaf_key ON leaf (key);
CREATE TABLE term (key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID;
"""
MIGRATIONS: dict[int, str] = {}
"""From which version, by what script, to the next; in SQLite's words, as the schema."""
_SETTLED_AT_ONCE = 128
_HEAD = """INSERT INTO head VALUES (1, ?, ?, ?) ON CONFLICT (one)
           DO UPDATE SET size = excluded.size, checkpoint = excluded.checkpoint, time = excluded.time"""


class Statements(Protocol):
    """Statements of one transaction, with ``?`` for each value."""

    def run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one; the rows it gives."""
        ...

    def insert(self, table: str, kinds: str, rows: Iterable[Sequence[object]], more: str = "") -> None:
        """Insert rows; `kinds` has a letter for each column: ``i`` number, ``b`` bytes, ``t`` text."""
        ...


class Database(Protocol):
    """A database of one log; what it raises is in our words already."""

    where: str

    def reading(self) -> AbstractContextManager[Statements]:
        """A transaction that sees one state."""
        ...

    def writing(self) -> AbstractContextManager[Statements]:
        """A transaction that is durable when it was left, or did not take place."""
        ...


class Tiles(Protocol):
    """Where full tiles are in the end."""

    def read(self, path: str) -> bytes | None:
        """A tile, or None."""
        ...

    def write(self, tiles: Sequence[tuple[str, bytes]]) -> None:
        """Write tiles durably; never another tile over one that is there."""
        ...


def scripts(version: int, first: str = SCHEMA) -> list[str]:
    """The statements that bring tables of a version up to date; 0 is an empty database."""
    found = [first] if not version else [MIGRATIONS[one] for one in range(version, VERSION)]
    return [part for script in found for part in script.split(";") if part.strip()]


def check_version(version: int, where: str) -> None:
    """Raise `UsageError` for tables of a newer assay."""
    if version > VERSION:
        raise UsageError(f"{where} is of a newer assay (version {version})", "update assay")


class SqlLog:
    """The store of one log; see `assay.ports.LogStore`. `step` hears of every write before it takes place."""

    def __init__(self, database: Database, tiles: Tiles, step: Step) -> None:
        self._database, self._tiles, self._step = database, tiles, step
        self._writing = threading.Lock()

    def state(self) -> TreeState:
        """What was committed last."""
        with self._database.reading() as read:
            rows = read.run("SELECT size, checkpoint, time FROM head")
            edge = read.run("SELECT data FROM edge ORDER BY level")
        if not rows:
            return TreeState()
        size, checkpoint, moment = rows[0]
        return TreeState(size, tuple(data for (data,) in edge), checkpoint, moment)

    def commit(self, step: Commit) -> None:
        """Store a step as a whole; it is durable when this returns."""
        with self._writing:
            with self._database.writing() as write:
                self._write(write, step)
                self._step("commit")
            self._step("committed")
            self._after(step)

    def _after(self, step: Commit) -> None:
        """What follows a commit, and does not undo it."""
        if step.tiles:
            self._settle()

    def _write(self, write: Statements, step: Commit) -> None:
        size, moment = (write.run("SELECT size, time FROM head") or [(0, 0)])[0]
        if size != step.first:
            raise Refused(f"the log is at {size} entries, not at {step.first}: somebody else writes to it")
        self._step("begin")
        moment = step.leaves[-1].time if step.leaves else moment
        write.run(_HEAD, (step.size, step.checkpoint, moment))
        write.insert("edge", "ib", enumerate(step.edge), "ON CONFLICT (level) DO UPDATE SET data = excluded.data")
        numbered = list(enumerate(step.leaves, step.first))
        whole = step.size - step.size % 256
        if whole > step.first:
            write.run("DELETE FROM tail")
        write.insert("tail", "ib", [(number, leaf.data) for number, leaf in numbered if number >= whole])
        write.insert("tile", "tb", step.tiles)
        write.insert("leaf", "iii", [(number, keys.of_hash(leaf.hash), leaf.time) for number, leaf in numbered])
        terms = [(keys.of_term(term), number) for number, leaf in numbered for term in leaf.terms]
        write.insert("term", "ii", sorted(terms), "ON CONFLICT DO NOTHING")
        self._step("written")

    def _settle(self) -> bool:
        """Move committed tiles out of the database; what fails is tried again with the next full tile."""
        try:
            while self._some():
                pass
        except ExternalError:  # they are safe where they are, and found there
            return False
        return True

    def _some(self) -> bool:
        """Move some; whether there may be more."""
        with self._database.reading() as read:
            tiles = read.run("SELECT path, data FROM tile ORDER BY path LIMIT ?", (_SETTLED_AT_ONCE,))
        if tiles:
            self._tiles.write([(path, data) for path, data in tiles])
            with self._database.writing() as write:
                for path, _ in tiles:
                    write.run("DELETE FROM tile WHERE path = ?", (path,))
                self._step("commit")
            self._step("committed")
        return len(tiles) == _SETTLED_AT_ONCE

    def find(self, hashes: Sequence[bytes]) -> Sequence[tuple[bytes, int, int]]:
        """Leaf hash, index and time of leaves that may be those."""
        found = []
        with self._database.reading() as read:
            for item in hashes:
                rows = read.run("SELECT number, time FROM leaf WHERE key = ?", (keys.of_hash(item),))
                found += [(item, number, moment) for number, moment in rows]
        return found

    def time(self, index: int) -> int:
        """The second at which a leaf came in."""
        with self._database.reading() as read:
            rows = read.run("SELECT time FROM leaf WHERE number = ?", (index,))
        if not rows:
            raise InternalError(f"{self._database.where} has lost the time of the entry {index}", "restore it")
        return int(rows[0][0])

    def search(self, term: str, limit: int) -> Sequence[int]:
        """The indices of the leaves that are found by a term, ascending."""
        with self._database.reading() as read:
            query = "SELECT number FROM term WHERE key = ? ORDER BY number LIMIT ?"
            return [number for (number,) in read.run(query, (keys.of_term(term), limit))]

    def tile(self, path: str) -> bytes | None:
        """A full tile or bundle that was committed."""
        with suppress(ExternalError):  # where it is away, the tile may be in the database still
            found = self._tiles.read(path)
            if found is not None:
                return found
        with self._database.reading() as read:
            rows = read.run("SELECT data FROM tile WHERE path = ?", (path,))
        return rows[0][0] if rows else self._tiles.read(path)

    def tail(self, start: int) -> Sequence[bytes]:
        """The leaves from `start` on that are in no full bundle yet."""
        with self._database.reading() as read:
            rows = read.run("SELECT data FROM tail WHERE number >= ? ORDER BY number", (start,))
        return [data for (data,) in rows]
