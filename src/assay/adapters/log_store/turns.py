"""Whose turn it is to put leaves in order, and what the other replicas have for it; see `assay.engines.log.sharing`."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.adapters.log_store.replicated_store import ReplicatedStore, sealed_error
from assay.errors import ExternalError
from assay.model.transparency import NewLeaf, Placed
from assay.trust import merkle

if TYPE_CHECKING:
    import psycopg

TTL = 3.0
"""Seconds for which a turn lasts unless it is kept: so long a dead replica holds up the log."""
_TAKE = """UPDATE turn SET holder = ?, number = number + 1, until = clock_timestamp() + ? * interval '1 second'
           WHERE until < clock_timestamp() OR holder = ? RETURNING number"""
_KEEP = """UPDATE turn SET until = clock_timestamp() + ? * interval '1 second'
           WHERE holder = ? AND number = ? RETURNING number"""
_FORGOTTEN = "DELETE FROM pending WHERE number IS NOT NULL AND came < clock_timestamp() - interval '1 minute'"
_PUT = """INSERT INTO pending (batch, place, data, hash, terms, came)
          SELECT ?, place - 1, data, hash, terms, clock_timestamp()
          FROM unnest(?::bytea[], ?::bytea[], ?::text[]) WITH ORDINALITY AS new(data, hash, terms, place)
          ORDER BY place"""
_ANSWER = """UPDATE pending SET number = made.number, time = made.time, size = made.size, duplicate = true
             FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS made(id, number, time, size)
             WHERE pending.id = made.id AND pending.number IS NULL"""


class PostgresTurns:
    """The turns of one log, for one replica; `ttl` must be the same for all of them."""

    def __init__(self, store: ReplicatedStore, ttl: float = TTL) -> None:
        self._postgres, self.ttl = store.postgres, ttl
        self._name = secrets.token_hex(16)
        self._taking = threading.Lock()
        self._number: int | None = None
        self._until = self._tried = 0.0
        self._listening: psycopg.Connection[tuple[Any, ...]] | None = None
        store.turn = lambda: self._number or 0

    @property
    def mine(self) -> bool:
        """Whether it is one's own turn, as far as is known."""
        return self._number is not None and time.monotonic() < self._until

    def take(self) -> bool:
        """Take the turn where nobody has it, or keep it; asks no more often than four times in its time."""
        with self._taking:
            return self._take()

    def _take(self) -> bool:
        now = time.monotonic()
        if now - self._tried < self.ttl / 4:
            return self.mine
        self._tried = now
        with self._postgres.writing() as write:
            if self._number is not None:
                found = write.run(_KEEP, (self.ttl, self._name, self._number))
                write.run(_FORGOTTEN)
            else:
                found = write.run(_TAKE, (self._name, self.ttl, self._name))
        self._number, self._until = (found[0][0], now + self.ttl) if found else (None, 0.0)
        return self.mine

    def lost(self) -> None:
        """Somebody else was seen to have it."""
        self._number, self._tried = None, time.monotonic()

    def leave(self) -> None:
        """Let another take it at once."""
        number, self._number = self._number, None
        if number is not None:
            with self._postgres.writing() as write:
                write.run("UPDATE turn SET until = '-infinity' WHERE holder = ? AND number = ?", (self._name, number))
                write.run("SELECT pg_notify(?, '')", (self._postgres.schema,))

    def put(self, leaves: Sequence[NewLeaf]) -> str:
        """Give leaves to who has the turn; the name of the batch."""
        batch = secrets.token_hex(16)
        texts = [json.dumps(leaf.terms) for leaf in leaves]
        data = [leaf.data for leaf in leaves]
        with self._postgres.writing() as write:
            write.run("SET LOCAL synchronous_commit = off")  # what is lost with the database was not answered
            write.run(_PUT, (batch, data, [merkle.leaf(item) for item in data], texts))
            write.run("SELECT pg_notify(?, '')", (self._postgres.schema,))
        return batch

    def waiting(self, limit: int) -> Sequence[tuple[int, NewLeaf]]:
        """What others have put and is not answered yet, oldest first."""
        with self._postgres.reading() as read:
            rows = read.run("SELECT id, data, terms FROM pending WHERE number IS NULL ORDER BY id LIMIT ?", (limit,))
        return [(number, NewLeaf(data, tuple(json.loads(terms)))) for number, data, terms in rows]

    def answer(self, places: Sequence[tuple[int, Placed]]) -> None:
        """Answer those that were in the log already; new ones were answered by the commit that has them."""
        values = [[number for number, _ in places], [place.index for _, place in places]]
        values += [[place.time for _, place in places], [place.size for _, place in places]]
        with self._postgres.writing() as write:
            write.run(_ANSWER, values)
            write.run("SELECT pg_notify(?, '')", (self._postgres.schema,))

    def answers(self, batch: str) -> list[Placed] | None:
        """The places of a batch, once, when all of them are known; raises `ExternalError` where it got lost."""
        query = "SELECT number, time, duplicate, size FROM pending WHERE batch = ? ORDER BY place"
        with self._postgres.reading() as read:
            rows = read.run(query, (batch,))
            ((sealed,),) = read.run("SELECT sealed FROM turn")
        if not rows:
            raise ExternalError("the database has lost what waited to be logged", "try again")
        if any(row[0] is None for row in rows):
            if sealed:
                raise sealed_error()
            return None
        self.forget(batch)
        return [Placed(number, moment, duplicate, size) for number, moment, duplicate, size in rows]

    def forget(self, batch: str) -> None:
        """Take back what is not answered, and what is."""
        with self._postgres.writing() as write:
            write.run("SET LOCAL synchronous_commit = off")
            write.run("DELETE FROM pending WHERE batch = ?", (batch,))

    def wait(self, seconds: float) -> None:
        """Until something was put, answered or committed, or for so long."""
        import psycopg

        try:
            if self._listening is None or self._listening.closed:
                self._listening = self._postgres.connect()
                self._listening.execute(f"LISTEN {self._postgres.schema}".encode())
                return  # something may have happened before
            for _ in self._listening.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error as error:
            if self._listening is not None:
                self._listening.close()
            raise ExternalError("the database does not tell what happens", "look at the database") from error
