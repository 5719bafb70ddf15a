"""Makes shards out of the files of sources: each file goes to the feed that knows its form, each feed becomes a shard.

A folder may hold an ``index.jsonl`` that tells the day and completeness of its files::

    {"file": "pypi.osv.jsonl.zst", "records": 7080, "date": "2026-07-23", "form": "OSV", ...}

Without one the day of the data is the newest date in the records that is neither in the future nor before 1990.
Fewer records than a whole copy surely has are a sample of their source, whatever file they came in: what they do not
speak of stays unknown. OSV's own ``all.zip``, an index or the user say otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.unpack import documents
from assay.adapters.advisories.writer import Writer
from assay.errors import AssayError, InputError
from assay.feeds import discover
from assay.feeds.recognise import recognise
from assay.model.advisory import Advisory, Enrichment, FixState, Record
from assay.model.advisory_store import Shard
from assay.model.feed import Document, Feed
from assay.model.sbom import Skipped

INDEX = "index.jsonl"
_HEAD = 64 << 10
_ENOUGH, _SELDOM = 500, 0.005
"""Of so many records this part would say that something is not fixed, if the source could say it."""


class Imported(NamedTuple):
    """A source as it is in the store now; `few`: it was taken for a sample because of the number of its records."""

    shard: Shard
    skipped: Sequence[tuple[str, str]]
    few: bool = False


class Told(NamedTuple):
    """What an index says about a file."""

    day: str = ""
    sample: bool = False
    origin: str = ""
    licence: str = ""


class Batch:
    """Files of sources, sorted by feed as they come."""

    def __init__(
        self,
        today: date,
        source: str = "",
        note: Callable[[str], None] = lambda text: None,
        *,
        sample: bool | None = None,
        own: Sequence[Feed] = (),
        builder: type[ShardBuilder] = ShardBuilder,
    ) -> None:
        self._today = today
        self._sample = sample
        self._make = builder
        self._source = source
        self._note = note
        self._feeds = {feed.name: feed for feed in own}
        self._elders: dict[str, Shard] = {}
        self._builders: dict[str, ShardBuilder] = {}
        self._told: dict[str, list[Told]] = {}
        self._by_hand: set[str] = set()
        self.unknown: list[str] = []

    def add(self, path: Path) -> None:
        """Read a file or folder."""
        index, is_export = _index(path), path.name == _EXPORT
        for item in documents(path):
            if isinstance(item, Skipped):
                self.unknown.append(f"{item.path}: {item.reason}")
            elif item.name != INDEX and "LICENSES" not in Path(item.name).parts:
                told = index.get(Path(item.name).name) or index.get(_unzipped(item.name))
                feed = self.read(item, told or Told())
                if feed is not None and told is None and not is_export:
                    self._by_hand.add(feed.name)

    def read(
        self,
        document: Document,
        told: Told = Told(),  # noqa: B008
        feed: Feed | None = None,
        *,
        strict: bool = False,
    ) -> Feed | None:
        """Give a document to its feed, and say which; with `strict` one of which nothing can be read is an error."""
        feed = feed or self._feed(document)
        if feed is None:
            if not _beside(document.name):
                self.unknown.append(f"{document.name}: no feed knows this form")
            return None
        builder = self._builder(feed)
        self._told[feed.name].append(told)
        try:
            builder.extend(reader(feed)(document, feed.name))
        except AssayError as error:
            if strict:
                raise
            builder.add(Skipped(document.name, error.what))
        return feed

    def replace(self, feed: Feed, elder: tuple[Path, Shard], changed: Iterable[Document | Skipped]) -> None:
        """Take a source as its elder shard has it, with what changed since."""
        read = reader(feed)
        items = [item for document in changed for item in _read(read, document, feed.name)]
        self._elders[feed.name] = elder[1]
        builder = self._builder(feed)
        builder.take_over(*elder, {item.id for item in items if isinstance(item, Advisory | Enrichment)})
        builder.extend(items)

    def skip(self, feed: Feed, item: Skipped) -> None:
        """A part of a source could not be read."""
        self._builder(feed).add(item)

    def _builder(self, feed: Feed) -> ShardBuilder:
        if feed.name not in self._builders:
            self._feeds[feed.name] = feed
            self._told[feed.name] = []
            self._builders[feed.name] = self._make(feed.name, self._today.isoformat())
        return self._builders[feed.name]

    def count(self, feed: Feed) -> int:
        """How many records of a source came in so far."""
        tally = self._builder(feed).tally
        return tally.records + tally.facts + tally.releases

    def _feed(self, document: Document) -> Feed | None:
        if self._source:
            return self._feeds.get(self._source) or named(self._source)
        return recognise(document.name, document.content[:_HEAD])

    def finish(self, writer: Writer, confirmed: str = "") -> list[Imported]:
        """Write a shard for each feed that something came for."""
        result = []
        for name, builder in sorted(self._builders.items()):
            feed = self._feeds[name]
            tally = builder.tally
            if not (tally.records or tally.facts or tally.releases):
                raise InputError(
                    f"nothing could be read for {name}: {tally.skipped} records are broken",
                    "check the files; what the store held before is untouched",
                )
            shard = writer.stage(builder, lambda digest, size, f=feed: self._shard(f, digest, size, confirmed))  # type: ignore[misc]
            result.append(Imported(shard, builder.skipped, self._sample is None and self._is_few(feed, shard.records)))
            self._note(f"{feed.title}: {tally.records + tally.facts + tally.releases} records, {tally.skipped} skipped")
        return result

    def _shard(self, feed: Feed, digest: str, size: int, confirmed: str) -> Shard:
        builder, told = self._builders[feed.name], self._told[feed.name]
        elder = self._elders.get(feed.name)
        tally = builder.tally
        days = [item.day for item in told if item.day]
        day = max(days) if days else tally.newest[:10]
        return Shard(
            feed=feed.name,
            digest=digest,
            size=size,
            day=day,
            confirmed=confirmed or day,
            records=tally.records,
            skipped=tally.skipped,
            complete=feed.complete and not self._is_sample(feed, tally.records),
            states=elder.states if elder else _states(feed, builder),
            ecosystems=tuple(sorted(tally.ecosystems)),
            covers=feed.ecosystems,
            facts=tally.facts,
            releases=tally.releases,
            authority=feed.authority,
            title=feed.title,
            licence=feed.licence,
            origin="; ".join(sorted({item.origin for item in told if item.origin})),
            orders=builder.orders,
        )

    def _is_sample(self, feed: Feed, records: int) -> bool:
        """Whether somebody says so, or what came by hand is less than any whole copy has."""
        if self._sample is not None:
            return self._sample
        if any(item.sample for item in self._told[feed.name]):
            return True
        return self._is_few(feed, records)

    def _is_few(self, feed: Feed, records: int) -> bool:
        return feed.complete and feed.name in self._by_hand and 0 < records < feed.least


_EXPORT = "all.zip"
"""What OSV names all records of an ecosystem."""


def _states(feed: Feed, builder: ShardBuilder) -> tuple[FixState, ...]:
    """What the source can express: what it claims, as far as a large file does not show the contrary."""
    tally = builder.tally
    if tally.records < _ENOUGH:
        return feed.states
    least = tally.affected * _SELDOM
    return tuple(state for state in feed.states if tally.states[state] > least or state is FixState.FIXED)


def _read(
    read: Callable[[Document, str], Iterator[Record | Skipped]], document: Document | Skipped, source: str
) -> Iterator[Record | Skipped]:
    if isinstance(document, Skipped):
        yield document
        return
    try:
        yield from read(document, source)
    except AssayError as error:
        yield Skipped(document.name, error.what)


def named(name: str) -> Feed:
    """The feed of that name; raises `InputError` where there is none."""
    found = next((feed for feed in discover() if feed.name == name), None)
    if found is None:
        raise InputError(f"there is no advisory source {name!r}", "`assay db status --all` lists them")
    return found


def reader(feed: Feed) -> Callable[[Document, str], Iterator[Record | Skipped]]:
    """The function that reads a feed's documents."""
    module, _, function = feed.reads.partition(":")
    found: Callable[[Document, str], Iterator[Record | Skipped]] = getattr(import_module(module), function)
    return found


def _index(path: Path) -> dict[str, Told]:
    """What an index beside the files says, by file name."""
    file = (path if path.is_dir() else path.parent) / INDEX
    if not file.is_file():
        return {}
    result = {}
    for line in file.read_text("utf-8", "replace").splitlines():
        try:
            item = json.loads(line)
            name = str(item["file"])
        except (ValueError, KeyError, TypeError):
            continue
        sample = "sample" in f"{name} {item.get('notes', '')}".lower()
        told = Told(str(item.get("date", "")), sample, str(item.get("origin", "")), str(item.get("licence", "")))
        result[name] = result[_unzipped(name)] = told
    return result


def _unzipped(name: str) -> str:
    return Path(name).name.removesuffix(".zst").removesuffix(".gz").removesuffix(".xz").removesuffix(".bz2")


def _beside(name: str) -> bool:
    """Whether a file only goes with the data: texts and licences."""
    path = Path(name)
    return path.suffix.lower() in (".md", ".txt", ".rst", "") or "LICENSES" in path.parts or path.name.startswith(".")
