"""Reads one shard: which claims concern a package and version, and what the records say beside their ranges."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from assay.adapters.advisories import row
from assay.errors import ExternalError
from assay.model.advisory import Advisory, Enrichment, Release
from assay.model.advisory_store import Claim, Question, Shard

_HITS = """
SELECT q.number, q.key, c.low, c.high, c.flags, c.state, c.advisory, c.text
FROM temp.question q CROSS JOIN claim c ON c.package = q.package
WHERE q.everything OR ((c.flags & 64) = 0 AND c.low <= q.key AND (c.high IS NULL OR c.high >= q.key))
"""
_REMEDY = "run `assay db verify`, then `assay db update` or `assay db import` to make the store whole"
_ADVISORY = msgspec.json.Decoder(Advisory)
_FACT = msgspec.json.Decoder(Enrichment)
_RELEASE = msgspec.json.Decoder(Release)


class ShardReader:
    """An open shard; every method may raise `ExternalError` for a damaged file."""

    def __init__(self, path: Path, shard: Shard) -> None:
        self.shard = shard
        self._path = path
        try:
            # immutable: shards never change once they have their name, so no lock and no journal is looked for
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA mmap_size = 268435456")
            self._connection.execute("PRAGMA temp_store = MEMORY")
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def claims(self, questions: Sequence[tuple[int, Question]]) -> list[Claim]:
        """What the shard says about the numbered questions."""
        execute = self._connection.execute
        try:
            execute("BEGIN")  # one transaction for all rows: without it each is one of its own
            known = self._packages({item.name for _, item in questions})
            execute("CREATE TEMP TABLE IF NOT EXISTS question (number, package, key, everything)")
            execute("DELETE FROM temp.question")
            self._connection.executemany(
                "INSERT INTO temp.question VALUES (?, ?, ?, ?)",
                [
                    (n, package, item.key, item.everything)
                    for n, item in questions
                    if (package := known.get((item.name, item.ecosystem))) is not None
                ],
            )
            whole = {n for n, item in questions if item.everything}
            return list(self._read(execute(_HITS), whole))
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        finally:
            self._end()

    def _packages(self, names: Iterable[str]) -> dict[tuple[str, str], int]:
        """The numbers of the packages with these names: of most that are asked about a shard knows nothing."""
        found = self._many("SELECT name, ecosystem, id FROM package WHERE name", names)
        return {(name, ecosystem): number for name, ecosystem, number in found}

    def _end(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _read(
        self, rows: Iterable[tuple[int, bytes, bytes, bytes | None, int, int, int, str]], whole: Container[int]
    ) -> Iterator[Claim]:
        """The claims that hold the version; about what is asked for as a `whole` also the other ranges."""
        feed = self.shard.feed
        for number, key, low, high, flags, state, advisory, text in rows:
            inside = low <= key and (high is None or key <= high)
            if inside and (
                (key == low and low and not flags & row.LOW_INCLUDED) or (key == high and not flags & row.HIGH_INCLUDED)
            ):
                inside = False
            if inside or (number in whole and not flags & row.LISTED):
                yield row.read(number, feed, (flags, state, advisory, text), inside)

    def advisories(self, numbers: Iterable[int]) -> dict[int, Advisory]:
        """The records, by their number in this shard (without `affected`)."""
        return {n: _ADVISORY.decode(body) for n, body in self._many("SELECT id, body FROM advisory WHERE id", numbers)}

    def facts(self, names: Iterable[str]) -> dict[str, Enrichment]:
        """The facts about vulnerabilities, by their id."""
        ((first, last),) = self._rows("SELECT (SELECT min(name) FROM fact), (SELECT max(name) FROM fact)")
        wanted = [name for name in names if first <= name <= last] if first is not None else ()
        return {n: _FACT.decode(body) for n, body in self._many("SELECT name, body FROM fact WHERE name", wanted)}

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
        return [(eco, name, row.read(0, self.shard.feed, tuple(rest), True)) for eco, name, *rest in found]

    def releases(self) -> list[Release]:
        """All lifecycles."""
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
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.Error) -> ExternalError:
        return ExternalError(f"the advisory data of {self.shard.feed} ({self._path.name}) is damaged: {error}", _REMEDY)
