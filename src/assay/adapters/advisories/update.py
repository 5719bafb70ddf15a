"""Keeps the store up to date: asks each source what is new, and makes what came live, source by source.

Each source is committed as soon as it is whole, so a killed update keeps what was done, and everything else stays as
it was. A source that cannot be had, was cut off, or shrank to less than half keeps its elder shard and is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories import own_feeds, sharing, update_state
from assay.adapters.advisories.budget import Budget, Spent
from assay.adapters.advisories.fetch import Fetcher
from assay.adapters.advisories.importer import Batch
from assay.adapters.advisories.outcome import Happened, Outcome, Result
from assay.adapters.advisories.places import Change, Settings, expand, gather
from assay.adapters.advisories.remote import Check, Remote, open_remote
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.store import FOLDER
from assay.adapters.advisories.update_state import Place, Source
from assay.adapters.advisories.writer import Writer, writing
from assay.adapters.registry.transport import Policy, Transport
from assay.errors import AssayError, ExternalError, InputError, UsageError
from assay.feeds import discover
from assay.model.advisory_store import Shard
from assay.model.feed import Download, Feed, Protocol
from assay.model.sbom import Skipped
from assay.ports import Progress

DEFAULT_SIZE, DEFAULT_SECONDS = 300 * 10**6, 300.0
"""What the default set may cost in one call."""
ANEW = timedelta(days=30)
"""After so long a source is fetched whole again: what it took back without a word goes away then."""
_SMALL = 100

ShowProgress = Callable[[str], AbstractContextManager[Progress]]


class UpdateRequest(NamedTuple):
    """What `update` is asked for.

    `sources` names feeds; else `everything` takes all but the large ones, else the default set is taken. `own` are
    feeds of the user (`own_feeds`), `url` is where a built store is (`remote`). `anew` forgets what is known of the
    sources. `check` says who must have signed what is at `url`. `environment` may hold ``NVD_API_KEY`` and
    ``GITHUB_TOKEN``. `budget` is the default set's own if None.
    """

    cache_dir: Path
    sources: Sequence[str] = ()
    everything: bool = False
    own: Sequence[str] = ()
    url: str = ""
    anew: bool = False
    environment: Mapping[str, str] = {}
    policy: Policy = Policy()
    budget: Budget | None = None
    check: Check | None = None
    progress: ShowProgress = lambda label: nullcontext(_Silent())
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: float = 0


class _Silent:
    def advance(self, amount: int) -> None:
        """Nobody looks."""


def update(folder: Path, request: UpdateRequest) -> Result:
    """Bring the store in `folder` up to date.

    Raises `UsageError` for a source that is none; what goes wrong with a source is an `Outcome`.
    """
    updating = _Update(folder, request, _budget(request))
    if request.url and not request.sources and not request.everything:
        return updating.take_over(request.url)
    return updating.run(_eldest_first(folder, chosen(request)))


def _budget(request: UpdateRequest) -> Budget:
    if request.budget is not None:
        return request.budget
    named = bool(request.sources or request.everything)
    return Budget() if named else Budget(DEFAULT_SECONDS, DEFAULT_SIZE)


def chosen(request: UpdateRequest) -> list[Feed]:
    """The feeds that a request means; `UsageError` for a name that is none, or of one that is not fetched."""
    own = own_feeds.parse(request.own)
    feeds = {feed.name: feed for feed in (*discover(), *own)}
    if not request.sources:
        return [
            feed
            for feed in feeds.values()
            if feed.downloads and (feed.default or request.everything) and not feed.large
        ]
    for name in request.sources:
        if name not in feeds:
            raise UsageError(f"there is no advisory source {name!r}", "`assay db status --all` lists them")
        if not feeds[name].downloads:
            raise UsageError(f"{name} is not fetched from anywhere", f"use `assay db import --source {name} FILE`")
    return [feeds[name] for name in dict.fromkeys(request.sources)]


def _eldest_first(folder: Path, feeds: Sequence[Feed]) -> list[Feed]:
    """What an update that ends early leaves is what the next one begins with."""
    confirmed = {name: shard.confirmed for name, shard in live(folder).shards.items()}
    return sorted(feeds, key=lambda feed: confirmed.get(feed.name, ""))


def live(folder: Path) -> manifests.Manifest:
    """The live set; one that cannot be read is made anew."""
    try:
        return manifests.load(folder / manifests.NAME) or manifests.Manifest({})
    except AssayError:
        return manifests.Manifest({})


class _Base(NamedTuple):
    """What the store holds of a source, and how far that was fetched."""

    path: Path
    shard: Shard
    source: Source
    usable: bool


class _Update:
    def __init__(self, folder: Path, request: UpdateRequest, budget: Budget) -> None:
        self._folder = folder
        self._request = request
        self._budget = budget
        self._cache = request.cache_dir / "advisories"
        self._fetcher = Fetcher(Transport(request.policy), self._cache, budget, request.environment)

    def run(self, feeds: Sequence[Feed]) -> Result:
        outcomes = []
        for number, feed in enumerate(feeds):
            try:
                with self._request.progress(feed.title) as bar:
                    self._fetcher.progress = bar
                    outcomes.append(self._one(feed))
            except Spent as error:
                outcomes += [Outcome(left.name, Happened.LEFT, error=error) for left in feeds[number:]]
                break
            except AssayError as error:
                outcomes.append(Outcome(feed.name, Happened.FAILED, error=error))
        return Result(outcomes, self._budget.fetched)

    def take_over(self, url: str) -> Result:
        """What a built store has that is newer; raises `AssayError` where there is no such store."""
        remote = open_remote(url, self._fetcher, self._request.policy, self._cache, self._request.check)
        outcomes = []
        left = sorted(remote.manifest.shards.items())
        while left:
            name, shard = left[0]
            try:
                with self._request.progress(shard.title or name) as bar:
                    self._fetcher.progress = bar
                    outcomes.append(self._adopt(shard, remote))
            except Spent as error:
                return Result([*outcomes, *(Outcome(name, Happened.LEFT, error=error) for name, _ in left)])
            except AssayError as error:
                outcomes.append(Outcome(name, Happened.FAILED, error=error))
            del left[0]
        return Result(outcomes, self._budget.fetched)

    def _adopt(self, shard: Shard, remote: Remote) -> Outcome:
        """A shard that somebody else built; fetched before the lock is held."""
        self._budget.check()
        ours = live(self._folder).shards.get(shard.feed)
        fetched = remote.fetch(shard) if sharing.is_newer(shard, ours) else None
        with writing(self._folder) as writer:
            if fetched is not None:
                writer.adopt(shard.feed, shard, sharing.pieces(fetched.path))
                self._fetcher.discard(fetched)
            elif ours is not None and ours.digest == shard.digest:
                writer.confirm(shard.feed, max(ours.confirmed, shard.confirmed))
            writer.commit(stamp(self._request.now()))
        return Outcome(shard.feed, Happened.UPDATED if fetched else Happened.UNCHANGED, shard)

    def _one(self, feed: Feed) -> Outcome:
        self._budget.check()
        started = stamp(self._request.now())
        base = self._base(feed)
        known = base.source.places if base and base.usable else None
        places = [place for download in feed.downloads for place in expand(download, self._fetcher)]
        changes = [self._gather(place, known.get(place.url) if known else None, len(places)) for place in places]
        same = known is not None and set(known) == {place.url for place in places}
        if base and same and not any(changes):
            return self._confirm(feed, base, started)
        if base and known and same and not any(change and change.whole for change in changes):
            return self._replace(feed, base, dict(zip([place.url for place in places], changes, strict=True)), started)
        return self._whole(feed, base, places, changes, started)

    def _gather(self, place: Download, known: Place | None, count: int) -> Change | None:
        pause = self._request.pause or (0.7 if self._request.environment.get("NVD_API_KEY") else 6.0)
        return gather(place, self._fetcher, known, Settings(self._request.now(), count == 1, pause))

    def _base(self, feed: Feed) -> _Base | None:
        """What is there, where an update made it; usable for another one while it is whole and of this form."""
        shard = live(self._folder).shards.get(feed.name)
        source = update_state.load(self._folder).sources.get(feed.name)
        if shard is None or source is None or source.digest != shard.digest:
            return None
        path = self._folder / FOLDER / f"{shard.digest.removeprefix('sha256:')}.sqlite"
        now = self._request.now()
        young = stamp(now - ANEW) < source.whole <= stamp(now + timedelta(days=1))
        usable = not self._request.anew and young and path.is_file() and is_current(shard)
        return _Base(path, shard, source, usable)

    def _confirm(self, feed: Feed, base: _Base, started: str) -> Outcome:
        with self._writing(base) as writer:
            writer.confirm(feed.name, started)
            writer.commit(started)
            return Outcome(feed.name, Happened.UNCHANGED, writer.shards[feed.name])

    def _replace(self, feed: Feed, base: _Base, changes: Mapping[str, Change | None], started: str) -> Outcome:
        """The elder shard with what changed."""
        batch = self._batch(feed)
        found = (item for change in changes.values() if change for item in change.documents())
        batch.replace(feed, (base.path, base.shard), found)
        places = {url: change.place if change else base.source.places[url] for url, change in changes.items()}
        return self._commit(feed, base, batch, Source("", base.source.whole, places), started)

    def _whole(
        self, feed: Feed, base: _Base | None, places: list[Download], changes: list[Change | None], started: str
    ) -> Outcome:
        """All anew; a place that is unchanged, or told only what changed, is asked again for all of it."""
        batch = self._batch(feed)
        found, seen = {}, set[str]()
        for place, change in zip(places, changes, strict=True):
            all_of_it = change if change and change.whole else self._gather(place, None, 1)
            if all_of_it is None:
                raise ExternalError(f"{place.url} gave nothing", "try again later")
            self._read(feed, batch, all_of_it, seen if place.protocol is Protocol.OSV_ZIP else set())
            found[place.url] = all_of_it.place
        if base is not None and not self._request.anew:
            _refuse_shrunk(feed, base.shard, batch.count(feed))
        return self._commit(feed, base, batch, Source("", started, found), started)

    def _read(self, feed: Feed, batch: Batch, change: Change, seen: set[str]) -> None:
        """One file alone must be readable, of the many in an archive some may be broken; the same record of OSV may
        come with several ecosystems."""
        for item in change.documents():
            if isinstance(item, Skipped):
                batch.skip(feed, item)
            elif item.name not in seen:
                seen.add(item.name)
                batch.read(item, feed=feed, strict=bool(change.alone) and change.alone.startswith(item.name))

    def _batch(self, feed: Feed) -> Batch:
        return Batch(self._request.now().date(), feed.name, own=[feed])

    @contextmanager
    def _writing(self, base: _Base | None) -> Iterator[Writer]:
        """The writer; what was built on an elder shard is only taken while that is the live one."""
        with writing(self._folder) as writer:
            if base is not None and writer.shards.get(base.shard.feed, base.shard).digest != base.shard.digest:
                raise ExternalError("another update has changed this source meanwhile", "update again")
            yield writer

    def _commit(self, feed: Feed, base: _Base | None, batch: Batch, source: Source, started: str) -> Outcome:
        if self._budget.ended:
            raise Spent("this update was ended")
        with self._writing(base) as writer:
            (imported,) = batch.finish(writer, started)
            writer.commit(started)
            remember(self._folder, feed.name, source._replace(digest=imported.shard.digest))
            return Outcome(feed.name, Happened.UPDATED, imported.shard, imported.skipped)


def _refuse_shrunk(feed: Feed, elder: Shard, count: int) -> None:
    before = elder.records + elder.facts + elder.releases
    if before >= _SMALL and count < before / 2:
        raise InputError(
            f"{feed.name} has {count} records now, it had {before}: this may have been cut off",
            f"`assay db update --source {feed.name} --anew` takes it as it is",
        )


def remember(folder: Path, name: str, source: Source) -> None:
    """Keep how far a source was fetched; the lock of the store must be held."""
    state = update_state.load(folder)
    update_state.save(folder, state._replace(sources={**state.sources, name: source}))


def stamp(moment: datetime) -> str:
    """RFC 3339, in seconds and UTC."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
