"""Reads one shard: which claims concern a package and version, and what the records say beside their ranges."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from assay.adapters.advisories import questions, row
from assay.errors import ExternalError
from assay.formats import typed
from assay.model.advisory import Advisory, Enrichment, Release
from assay.model.advisory_store import Claim, Shard

_INSIDE = """(
    (c.low < q.key OR (c.low = q.key AND (c.flags & 1 OR c.low = X'')))
    AND (c.high IS NULL OR q.key < c.high OR (q.key = c.high AND c.flags & 2))
)"""
_CLAIMS = f"""
SELECT q.number, CASE WHEN q.everything THEN {_INSIDE} ELSE 1 END, c.flags, c.state, c.advisory, c.text
FROM asked.question q
CROSS JOIN package p ON p.name = q.name AND p.ecosystem = q.ecosystem
CROSS JOIN claim c ON c.package = p.id
WHERE q.ecosystem IN ({{ecosystems}})
    AND CASE WHEN q.everything THEN {_INSIDE} OR NOT c.flags & 4 ELSE {_INSIDE} AND NOT c.flags & 64 END
"""  # noqa: S608  # all of it is ours
"""The flags are those of `row`: bounds included, enumerated versions, and what makes no finding by itself."""
_REMEDY = "run `assay db verify`, then `assay db update` or `assay db import` to make the store whole"
_FAULTS = (sqlite3.Error, msgspec.MsgspecError, ValueError, TypeError, AttributeError, IndexError)
"""What a shard with other bits than it was written with may come to, in SQLite or in what its rows are read into."""
_ADVISORY = typed.json_decoder(Advisory)
_FACT = typed.json_decoder(Enrichment)
_RELEASE = typed.json_decoder(Release)


class ShardReader:
    """An open shard; every method may raise `ExternalError` for a damaged file."""

    def __init__(self, path: Path, shard: Shard) -> None:
        self.shard = shard
        self._path = path
        with self._whole():
            # immutable: shards never change once they have their name, so no lock and no journal is looked for
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA mmap_size = 268435456")
            questions.attach(self._connection)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def claims(self, asked: bytes, ecosystems: Sequence[str]) -> list[Claim]:
        """What the shard says about the questions (a `questions.database`) in these ecosystems.

        About a question for `everything` it also tells the ranges that do not hold the version.
        """
        feed, read = self.shard.feed, row.read
        query = _CLAIMS.format(ecosystems=",".join("?" * len(ecosystems)))
        with self._whole():
            questions.put(self._connection, asked)
            return [read(feed, *item) for item in self._rows(query, ecosystems)]

    def advisories(self, numbers: Iterable[int]) -> dict[int, Advisory]:
        """The records, by their number in this shard (without `affected`)."""
        found = self._many("SELECT id, body FROM advisory WHERE id", numbers)
        with self._whole():
            return {number: _ADVISORY.decode(body) for number, body in found}

    def fact_names(self) -> tuple[str, str]:
        """The first and the last id that the shard has a fact about, by the order of text; empty where it has none."""
        ((first, last),) = self._rows("SELECT (SELECT min(name) FROM fact), (SELECT max(name) FROM fact)")
        return first or "", last or ""

    def facts(self, names: Iterable[str]) -> dict[str, Enrichment]:
        """The facts about vulnerabilities, by their id."""
        found = self._many("SELECT name, body FROM fact WHERE name", names)
        with self._whole():
            return {name: _FACT.decode(body) for name, body in found}

    def named(self, names: Iterable[str]) -> list[tuple[str, int, int]]:
        """Records that bear one of the ids: id, number, kind (0 own, 1 alias, 2 upstream, 3 related)."""
        return self._many("SELECT name, advisory, kind FROM alias WHERE name", names)

    def packages(self, advisory: int) -> list[tuple[str, str, Claim]]:
        """All claims of one record, with ecosystem and name; reads the whole shard."""
        found = self._rows(
            "SELECT p.ecosystem, p.name, c.flags, c.state, c.advisory, c.text"
            " FROM claim c JOIN package p ON p.id = c.package"
            " WHERE c.advisory = ? ORDER BY p.ecosystem, p.name, c.number",
            (advisory,),
        )
        with self._whole():
            return [(eco, name, row.read(self.shard.feed, 0, True, *rest)) for eco, name, *rest in found]

    def releases(self) -> list[Release]:
        """All lifecycles."""
        with self._whole():
            return [_RELEASE.decode(body) for (body,) in self._rows("SELECT body FROM lifecycle")]

    def meta(self) -> dict[str, str]:
        """What the shard says about itself."""
        return dict(self._rows("SELECT name, value FROM meta"))

    def skipped(self) -> list[tuple[str, str]]:
        """Records of the source that could not be read, and why (the first thousand)."""
        return self._rows("SELECT path, reason FROM skipped")

    def _many(self, query: str, values: Iterable[object]) -> list[tuple]:  # type: ignore[type-arg]
        wanted = list(dict.fromkeys(values))
        result = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            result += self._rows(f"{query} IN ({','.join('?' * len(part))})", part)
        return result

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._whole():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except _FAULTS as error:
            what = f"the advisory data of {self.shard.feed} ({self._path.name}) is damaged: {error}"
            raise ExternalError(what, _REMEDY) from error
