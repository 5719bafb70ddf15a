"""The live set of shards, asked as one; fulfils `assay.ports.Advisories`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories.questions import database
from assay.adapters.advisories.revisions import refusal
from assay.adapters.advisories.shard import ShardReader
from assay.errors import ExternalError
from assay.model.advisory import Advisory, Enrichment, Release
from assay.model.advisory_store import Claim, Question, Refused, Shard

FOLDER = "shards"
_RELATED = 3


class AdvisoryStore:
    """An open store; shards are opened when a question needs them. Use it as a context manager.

    Shards of another assay are refused: of such a source the next set's shard counts, where it has one.
    """

    def __init__(self, sets: Sequence[tuple[Path, manifests.Manifest]]) -> None:
        self._places: dict[str, tuple[Path, Shard]] = {}
        self._refused: list[Refused] = []
        for folder, manifest in reversed(sets):
            for name, shard in manifest.shards.items():
                if reason := refusal(shard):
                    self._refused.append(Refused(shard, reason))
                else:
                    self._places[name] = (folder, shard)
        self._shards = [shard for _, (_, shard) in sorted(self._places.items())]
        self.created = sets[0][1].created if sets else ""
        self._readers: dict[str, ShardReader] = {}

    @classmethod
    def open(cls, *folders: Path) -> Self:
        """The stores in the folders as one: of a source that several have, the first one counts."""
        found = ((folder, manifests.load(folder / manifests.NAME)) for folder in folders)
        return cls([(folder, manifest) for folder, manifest in found if manifest is not None])

    @property
    def digest(self) -> str:
        """The digest over all shards, as a manifest has it."""
        return manifests.digest({shard.feed: shard for shard in self.shards})

    @property
    def shards(self) -> Sequence[Shard]:
        """The live set, by name."""
        return self._shards

    @property
    def refused(self) -> Sequence[Refused]:
        """The shards that are there and were made by another assay."""
        return self._refused

    def claims(self, questions: Sequence[Question]) -> list[Claim]:
        """What all shards say; only those that know an ecosystem asked for are opened."""
        wanted = {item.ecosystem for item in questions}
        shards = [(shard.feed, wanted.intersection(shard.ecosystems)) for shard in self.shards]
        asked = database(questions) if questions else b""
        return [
            claim
            for feed, ecosystems in shards
            if ecosystems
            for claim in self.reader(feed).claims(asked, sorted(ecosystems))
        ]

    def advisories(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Advisory]:
        """The records behind claims, by feed and number."""
        by_feed: dict[str, set[int]] = defaultdict(set)
        for feed, number in wanted:
            by_feed[feed].add(number)
        return {
            (feed, number): advisory
            for feed, numbers in by_feed.items()
            for number, advisory in self.reader(feed).advisories(sorted(numbers)).items()
        }

    def facts(self, names: Iterable[str]) -> list[tuple[str, Enrichment]]:
        """What the feeds of facts say about vulnerabilities, with the feed."""
        asked = [(shard.feed, *self.reader(shard.feed).fact_names()) for shard in self.shards if shard.facts]
        first = min([first for _, first, _ in asked], default="")
        last = max([last for _, _, last in asked], default="")
        wanted = sorted({name for name in names if first <= name <= last})  # most ids are of a kind that none knows
        return [
            (feed, fact)
            for feed, first, last in asked
            for fact in self.reader(feed)
            .facts(wanted[bisect_left(wanted, first) : bisect_right(wanted, last)])
            .values()
        ]

    def named(self, name: str) -> list[tuple[str, int]]:
        """The records that bear an id, by feed and number."""
        return [
            (shard.feed, number)
            for shard in self.shards
            if shard.records
            for _, number, kind in self.reader(shard.feed).named((name,))
            if kind < _RELATED
        ]

    def releases(self) -> list[Release]:
        """How long systems are maintained."""
        return [item for shard in self.shards if shard.releases for item in self.reader(shard.feed).releases()]

    def reader(self, feed: str) -> ShardReader:
        """The open shard of a source."""
        found = self._readers.get(feed)
        if found is None:
            folder, shard = self._places[feed]
            path = _path(folder, shard)
            if not path.is_file():
                raise ExternalError(
                    f"the advisory data of {feed} is missing ({path.name})",
                    "run `assay db update` or `assay db import` to make the store whole",
                )
            found = self._readers[feed] = ShardReader(path, shard)
        return found

    def path(self, feed: str) -> Path:
        """Where the shard of a source lies."""
        return _path(*self._places[feed])

    def close(self) -> None:
        """Let all files go."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _path(folder: Path, shard: Shard) -> Path:
    return folder / FOLDER / f"{shard.digest.removeprefix('sha256:')}.sqlite"
