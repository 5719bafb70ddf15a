"""A log of several replicas: PostgreSQL for what changes, an object store for full tiles and the newest checkpoint.

One replica has the turn to put leaves in order. The turn has a number that grows; every commit looks, in its own
transaction, whether the turn is still that of its writer, so who slept through its end can commit nothing any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from assay.adapters.log_store import sql_log
from assay.adapters.log_store.object_tiles import ObjectTiles, PublishedCheckpoint
from assay.adapters.log_store.sql_log import SqlLog, Statements, Step
from assay.adapters.object_store import ObjectStore
from assay.adapters.postgres import Postgres
from assay.errors import AssayError, ExternalError, Refused
from assay.model.transparency import Commit

SHARED = """
CREATE TABLE turn (one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, number INTEGER NOT NULL,
                   until TIMESTAMPTZ NOT NULL, sealed BOOLEAN NOT NULL);
INSERT INTO turn VALUES (1, '', 0, '-infinity', false);
CREATE TABLE pending (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch TEXT NOT NULL, place INTEGER NOT NULL,
                      data BLOB NOT NULL, hash BLOB NOT NULL, terms TEXT NOT NULL, came TIMESTAMPTZ NOT NULL,
                      number INTEGER, time INTEGER, size INTEGER, duplicate BOOLEAN);
CREATE INDEX pending_batch ON pending (batch);
CREATE INDEX pending_hash ON pending (hash)
"""
"""What only several replicas need: whose turn it is, and what waits to be put in order."""
_ANSWER = """UPDATE pending SET number = made.number, time = made.time, size = ?,
             duplicate = pending.id <> (SELECT min(id) FROM pending AS other WHERE other.hash = made.hash
                                        AND other.number IS NULL)
             FROM unnest(?::bytea[], ?::bigint[], ?::bigint[]) AS made(hash, number, time)
             WHERE pending.hash = made.hash AND pending.number IS NULL"""
_REST = 5.0
"""Seconds for which an object store that failed is left alone; tiles wait in the database meanwhile."""


def _nothing(_: str) -> None:
    """Nobody wants to hear of writes."""


class ReplicatedStore(SqlLog):
    """The store of the log `name`; see `assay.engines.log.sharing.ReplicaStore`.

    `turn` gives the number of one's own turn; None does not look whose turn it is.
    """

    def __init__(self, address: str, objects: ObjectStore, name: str, step: Step = _nothing) -> None:
        self.postgres = Postgres(address, schema_of(name), f"the database of the log {name}")
        self.objects = objects
        super().__init__(self.postgres, ObjectTiles(objects, name, step), step)
        self._published = PublishedCheckpoint(objects, name, step)
        self._resting = 0.0
        self.turn: Callable[[], int | None] = lambda: None
        self.complaint = ""
        self.postgres.install({0: sql_log.scripts(0, sql_log.SCHEMA + SHARED), **_later()})
        with self.postgres.reading() as read:
            if read.run("SELECT 1 FROM tile LIMIT 1"):
                self.complaint = "tiles wait in the database"

    def close(self) -> None:
        """Close all connections."""
        self.postgres.close()

    def _write(self, write: Statements, step: Commit) -> None:
        self._fence(write)
        super()._write(write, step)
        if step.leaves:
            hashes, numbers = [leaf.hash for leaf in step.leaves], list(range(step.first, step.size))
            write.run(_ANSWER, (step.size, hashes, numbers, [leaf.time for leaf in step.leaves]))
            write.run("SELECT pg_notify(?, '')", (self.postgres.schema,))

    def _fence(self, write: Statements) -> None:
        """Nobody takes the turn before this transaction has ended."""
        ((number, sealed),) = write.run("SELECT number, sealed FROM turn FOR UPDATE")
        mine = self.turn()
        if mine is not None and mine != number:
            raise Refused("another replica puts the entries in order now: somebody else writes to the log")
        if sealed:
            raise sealed_error()

    def _after(self, step: Commit) -> None:
        if time.monotonic() >= self._resting:
            self._outside(step.checkpoint, tiles=bool(step.tiles))

    def settle(self, checkpoint: bytes) -> None:
        """Bring the object store up to date, where it failed before."""
        if self.complaint and time.monotonic() >= self._resting:
            self._outside(checkpoint, tiles=True)

    def _outside(self, checkpoint: bytes, *, tiles: bool) -> None:
        try:
            self._published.write(checkpoint)
            if (tiles or self.complaint) and not self._settle():
                raise ExternalError(f"{self.objects.where} does not take tiles")
        except (AssayError, OSError) as error:
            self.complaint = f"{error.what if isinstance(error, AssayError) else error}; tiles wait in the database"
            self._resting = time.monotonic() + _REST
        else:
            self.complaint = ""

    def seal(self) -> None:
        """Take no more entries from anybody."""
        with self.postgres.writing() as write:
            write.run("UPDATE turn SET sealed = true")

    def published(self) -> bytes:
        """The newest checkpoint in the object store; empty where there is none."""
        return self._published.read()


def sealed_error() -> ExternalError:
    """What is said to who brings entries to a log that was rotated."""
    return ExternalError("the log takes no entries any more: another took its place", "try again in some seconds")


def schema_of(name: str) -> str:
    """The schema of a log."""
    return f"assay_{name.replace('-', '_')}"


def _later() -> dict[int, list[str]]:
    return {
        number: [part for part in script.split(";") if part.strip()] for number, script in sql_log.MIGRATIONS.items()
    }
