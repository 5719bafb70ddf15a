"""Which generation of a part (policies, trust roots, advisories) is in force, in the database that replicas share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from assay.adapters.admission_store import Database


class Generation(NamedTuple):
    """The digest of what is in force under a number that grows, and when a replica last said that it holds to it."""

    number: int
    digest: str
    since: float
    """Seconds since 1970."""


class SqlGenerations:
    """`assay.app.admission_replicas.Record` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Mapping[str, Generation]:
        """By part; raises `ExternalError`."""
        with self._database.use() as read:
            rows = read.execute("SELECT part, number, digest, since FROM generation").fetchall()
        return {part: Generation(*more) for part, *more in rows}

    def write(self, part: str, before: int, after: Generation) -> None:
        """Put one in the place of that number (0: of none); nothing where another replica was faster."""
        with self._database.use() as write:
            if before:
                statement = "UPDATE generation SET number = ?, digest = ?, since = ? WHERE part = ? AND number = ?"
                write.execute(statement, (*after, part, before))
            else:
                write.execute("INSERT INTO generation VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (part, *after))
