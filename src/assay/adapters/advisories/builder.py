"""Writes one source's records as a shard: a SQLite file that is named by its digest once it is whole.

The same records in the same order give the same bytes: rows are sorted, and nothing in the file tells when it was made.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from assay.adapters.advisories import row
from assay.adapters.advisories.revisions import SCHEMA
from assay.ecosystems import order, osv_name
from assay.errors import ExternalError, Malformed
from assay.formats import git_version
from assay.formats.cvss import with_score
from assay.formats.version_set import complement
from assay.model.advisory import Advisory, Affected, Enrichment, FixState, Kind, Record, Release
from assay.model.advisory_store import Shard
from assay.model.sbom import Skipped
from assay.model.version import Interval, Order

_EARLIEST = "1990-01-01"
MAX_SKIPPED = 1000
"""Records that could not be read are all counted; so many are kept with their reasons."""

_encode = msgspec.json.Encoder().encode


class Tally:
    """What went into a shard."""

    def __init__(self) -> None:
        self.records = self.facts = self.releases = self.skipped = 0
        self.ecosystems: set[str] = set()
        self.states: Counter[FixState] = Counter()
        self.affected = 0
        self.newest = ""


class ShardBuilder:
    """Collects records, then writes them; use `add` for each and `write` once."""

    def __init__(self, feed: str, today: str) -> None:
        self.feed = feed
        self._today = today
        self.tally = Tally()
        self._packages: dict[tuple[str, str], list[row.Row]] = {}
        self._advisories: list[tuple[str, bytes]] = []
        self._aliases: list[tuple[str, int, int]] = []
        self._facts: dict[str, bytes] = {}
        self._releases: dict[tuple[str, str], bytes] = {}
        self._skipped: list[tuple[str, str]] = []
        self._orders: dict[str, _Keys] = {}

    def add(self, record: Record | Skipped) -> None:
        """Take one record, or the news of one that could not be read."""
        if type(record) is Advisory:
            self._advisory(record)
        elif type(record) is Enrichment:
            self.tally.facts += 1
            scored = record._replace(severities=tuple(map(with_score, record.severities)))
            self._facts[record.id] = _encode(scored)
            self._seen(record.modified or record.published)
        elif type(record) is Release:
            self.tally.releases += 1
            self._releases[record.product, record.cycle] = _encode(record)
        elif type(record) is Skipped:
            self._skip(record.path, record.reason)

    def extend(self, records: Iterable[Record | Skipped]) -> None:
        """Take many."""
        for record in records:
            self.add(record)

    def take_over(self, path: Path, shard: Shard, without: Collection[str]) -> None:
        """Take all of an elder shard but the records whose ids are in `without`; before any other record.

        The shard must be of this schema, its keys made by the version orders as they are. Raises `ExternalError` for
        one that is damaged.
        """
        try:
            self._take_over(path, shard, without)
        except sqlite3.Error as error:
            raise ExternalError(
                f"the advisory data of {shard.feed} is damaged: {error}",
                f"`assay db update --source {shard.feed} --anew` fetches it again",
            ) from error

    def _take_over(self, path: Path, shard: Shard, without: Collection[str]) -> None:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as elder:
            numbers = self._take_records(elder, without)
            self._take_claims(elder, numbers)
            facts = [item for item in elder.execute("SELECT name, body FROM fact") if item[0] not in without]
            self._facts |= dict(facts)
            self._releases |= {(item[0], item[1]): item[2] for item in elder.execute("SELECT * FROM lifecycle")}
            told = elder.execute("SELECT path, reason FROM skipped").fetchall()
        stays = [item for item in told if not any(name in item[0] for name in without)]
        self._skipped += stays
        self.tally.skipped += shard.skipped - (len(told) - len(stays))
        self.tally.facts += len(facts)
        self.tally.releases += len(self._releases)
        self.tally.newest = max(self.tally.newest, shard.day)

    def _take_records(self, elder: sqlite3.Connection, without: Collection[str]) -> dict[int, int]:
        """The new number of each record that stays."""
        numbers = {}
        for number, name, body in elder.execute("SELECT id, name, body FROM advisory ORDER BY id"):
            if name not in without:
                self._advisories.append((name, body))
                numbers[number] = len(self._advisories)
        self.tally.records += len(numbers)
        self._aliases += [
            (name, numbers[number], kind)
            for name, number, kind in elder.execute("SELECT name, advisory, kind FROM alias")
            if number in numbers
        ]
        return numbers

    def _take_claims(self, elder: sqlite3.Connection, numbers: Mapping[int, int]) -> None:
        query = (
            "SELECT p.ecosystem, p.name, c.low, c.high, c.flags, c.state, c.advisory, c.text"
            " FROM claim c JOIN package p ON p.id = c.package ORDER BY c.package, c.number"
        )
        for ecosystem, name, low, high, flags, state, advisory, text in elder.execute(query):
            number = numbers.get(advisory)
            if number is not None:
                if ecosystem not in self._orders:
                    self._orders[ecosystem] = _Keys(ecosystem)
                    self.tally.ecosystems.add(ecosystem)
                self._packages.setdefault((ecosystem, name), []).append((low, high, flags, state, number, text))

    @property
    def orders(self) -> tuple[tuple[str, int], ...]:
        """The version orders used, and their revisions."""
        return tuple(sorted({(keys.order.scheme, keys.order.revision) for keys in self._orders.values()}))

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        """Which records could not be read, and why (the first thousand)."""
        return self._skipped

    def _skip(self, path: str, reason: str) -> None:
        self.tally.skipped += 1
        if len(self._skipped) < MAX_SKIPPED:
            self._skipped.append((path, reason))

    def _seen(self, moment: str) -> None:
        if moment > self.tally.newest and _EARLIEST <= moment[:10] <= self._today:
            self.tally.newest = moment

    def _advisory(self, record: Advisory) -> None:
        number = len(self._advisories) + 1
        self.tally.records += 1
        self._seen(record.modified or record.published)
        self._advisories.append((record.id, _encode(_scored(record)._replace(affected=()))))
        names = {record.id: 0}
        for kind, ids in enumerate((record.aliases, record.upstream, record.related), 1):
            for name in ids:
                names.setdefault(name, kind)
        self._aliases.extend([(name, number, kind) for name, kind in names.items()])
        flags = 0
        if record.withdrawn:
            flags |= row.WITHDRAWN | row.QUIET
        if record.kind is Kind.INFORMATIONAL:
            flags |= row.INFORMATIONAL | row.QUIET
        for affected in record.affected:
            self._affected(record.id, affected, number, flags)

    def _affected(self, name: str, affected: Affected, number: int, flags: int) -> None:
        keys = self._orders.get(affected.ecosystem)
        if keys is None:
            keys = self._orders[affected.ecosystem] = _Keys(affected.ecosystem)
            self.tally.ecosystems.add(affected.ecosystem)
        try:
            rows = list(_rows(affected, keys, flags, number))
        except Malformed as error:
            self._skip(f"{name}: {affected.ecosystem} {affected.name}", error.what)
            return
        self._said(affected)
        package = affected.ecosystem, keys.fold(affected.name)
        known = self._packages.get(package)
        if known is None:
            self._packages[package] = rows
        else:
            known += rows

    def _said(self, affected: Affected) -> None:
        self.tally.affected += 1
        self.tally.states[affected.state] += 1
        if affected.state in (FixState.FIXED, FixState.UNKNOWN) and (
            affected.requirements
            or affected.patched is not None
            or any(not item.high or item.high_included for item in affected.intervals)
        ):
            self.tally.states[FixState.NOT_FIXED] += 1

    def write(self, path: Path, about: Iterable[tuple[str, str]] = ()) -> None:
        """Write the shard to `path`, which must not exist; `about` becomes its ``meta``."""
        schema = (Path(__file__).parent / "schema.sql").read_text()
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA page_size = 8192")
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(schema)
            connection.execute("BEGIN")
            meta = [*about, ("feed", self.feed), ("schema", str(SCHEMA))]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(dict(meta).items()))
            self._fill(connection)
            connection.execute("COMMIT")
            connection.execute("PRAGMA optimize")
        finally:
            connection.close()

    def _fill(self, connection: sqlite3.Connection) -> None:
        packages = sorted(self._packages)
        many = connection.executemany
        many("INSERT INTO package VALUES (?, ?, ?)", ((n, *package) for n, package in enumerate(packages, 1)))
        many("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._claims(packages))
        many(
            "INSERT INTO advisory VALUES (?, ?, ?)",
            ((n, name, body) for n, (name, body) in enumerate(self._advisories, 1)),
        )
        many("INSERT INTO alias VALUES (?, ?, ?)", sorted(self._aliases))
        many("INSERT INTO fact VALUES (?, ?)", sorted(self._facts.items()))
        many("INSERT INTO lifecycle VALUES (?, ?, ?)", ((*key, body) for key, body in sorted(self._releases.items())))
        many("INSERT INTO skipped VALUES (?, ?)", self._skipped)
        connection.execute("CREATE UNIQUE INDEX package_name ON package (name, ecosystem)")

    def _claims(self, packages: list[tuple[str, str]]) -> Iterator[tuple[object, ...]]:
        for number, package in enumerate(packages, 1):
            for place, item in enumerate(self._packages[package]):
                yield (number, place, *item)


def _scored(record: Advisory) -> Advisory:
    """The record with the scores of its CVSS vectors; what is said about its packages alone counts for it."""
    found = record.severities or tuple(item for affected in record.affected for item in affected.severities)
    if not found:
        return record
    return record._replace(severities=tuple(dict.fromkeys(map(with_score, found))))


class _Keys:
    """The sort keys and names of one ecosystem, remembered: the same versions come again and again."""

    def __init__(self, ecosystem: str) -> None:
        self.order: Order = order(ecosystem)
        self.fold: Callable[[str], str] = osv_name(ecosystem)
        self._known: dict[str, bytes] = {}

    def __call__(self, version: str) -> bytes:
        key = self._known.get(version)
        if key is None:
            key = self._known[version] = self.order.key(version)
        return key

    def beginning(self, interval: Interval) -> bytes:
        """The key at which an interval begins: that of its version, or the last one that still counts as it."""
        return self(interval.low) if interval.low_included else self._last(interval.low)

    def end(self, interval: Interval) -> bytes:
        """The key at which an interval ends, likewise."""
        return self._last(interval.high) if interval.high_included else self(interval.high)

    def _last(self, version: str) -> bytes:
        return self(version) if self.order.last is self.order.key else self.order.last(version)


def _points(affected: Affected, keys: _Keys, flags: int, number: int) -> Iterator[row.Row]:
    """Of commits and tags, whose order only their repository knows, those that a record names as affected."""
    fixes = {item.high for item in affected.intervals if item.high and not item.high_included}
    affected = affected._replace(fixed=tuple(fixes) if len(fixes) == 1 else ())  # else each branch has one of its own
    named = dict.fromkeys(affected.versions)
    for interval in affected.intervals:
        if interval.low not in ("", "0", interval.high):
            named[interval.low] = None
        if interval.high_included:
            named[interval.high] = None
    for version in named:
        key = keys(version)
        yield row.make(Interval(version, True, version, True), (key, key), affected, flags, number, listed=True)


def _rows(affected: Affected, keys: _Keys, flags: int, number: int) -> Iterator[row.Row]:
    if affected.ecosystem == git_version.ECOSYSTEM:
        yield from _points(affected, keys, flags, number)
        return
    intervals = affected.intervals
    if affected.requirements or affected.patched is not None:
        intervals = (*intervals, *_required(affected, keys.order))
    if not intervals and not affected.versions and affected.state in _WHOLE:
        intervals = (Interval(),)
    bounds = []
    for interval in intervals:
        low = keys.beginning(interval) if interval.low and interval.low != "0" else b""
        high = keys.end(interval) if interval.high else None
        if high is None or low <= high or interval.low == interval.high:
            bounds.append((low, high, interval))
            yield row.make(interval, (low, high), affected, flags, number, listed=False)
    for version in affected.versions:
        key = keys(version)
        if not any(_within(key, *bound) for bound in bounds):
            interval = Interval(version, True, version, True)
            yield row.make(interval, (key, keys.end(interval)), affected, flags, number, listed=True)


_WHOLE = frozenset(FixState) - {FixState.FIXED, FixState.UNKNOWN}
"""What a source says about a package as a whole, where it names no versions."""


def _required(affected: Affected, order: Order) -> Iterator[Interval]:
    """The intervals of requirement strings; what is patched or never was affected is all but the rest."""
    for text in affected.requirements:
        yield from order.intervals(text)
    if affected.patched is not None:
        yield from complement([item for text in affected.patched for item in order.intervals(text)], order.key)


def _within(key: bytes, low: bytes, high: bytes | None, interval: Interval) -> bool:
    if key < low or (key == low and low and not interval.low_included):
        return False
    return high is None or key < high or (key == high and interval.high_included)
