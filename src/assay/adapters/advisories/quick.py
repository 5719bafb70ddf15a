"""The update that a scan makes by itself: bounded, never an error, and not again for an hour when it did not finish."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from assay.adapters.advisories import update_state
from assay.adapters.advisories.budget import Budget
from assay.adapters.advisories.outcome import Happened, Result
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.update import UpdateRequest, chosen, live, stamp, update
from assay.errors import AssayError
from assay.model.feed import Feed

SECONDS = 10.0
OLD, AGAIN, AHEAD = timedelta(hours=24), timedelta(hours=1), timedelta(hours=1)


def quick(
    folder: Path, request: UpdateRequest, ecosystems: Callable[[], Collection[str]], seconds: float = SECONDS
) -> str:
    """Bring what a scan of these OSV ecosystems asks up to date; what to warn of, empty for nothing."""
    now = request.now()
    state = update_state.load(folder)
    if stamp(now - AGAIN) < state.attempted <= stamp(now + AHEAD):
        return ""
    if request.url:
        ours = live(folder)
        young = _is_young(ours.created, now) and all(map(is_current, ours.shards.values()))
        old = [] if young else [request.url]
    else:
        old = _old(folder, request, ecosystems, now)
    if not old:
        return ""
    budget = Budget(seconds)
    wanted = request._replace(sources=() if request.url else old, budget=budget)
    answer: list[Result | AssayError] = []
    worker = threading.Thread(target=_run, args=(folder, wanted, answer), daemon=True)
    worker.start()
    worker.join(seconds)
    budget.end()
    found = answer[0] if answer else None
    if isinstance(found, Result) and not [item for item in found.outcomes if item.error]:
        return ""
    _remember(folder, now)
    return _warning(found, seconds)


def _run(folder: Path, request: UpdateRequest, answer: list[Result | AssayError]) -> None:
    try:
        answer.append(update(folder, request))
    except AssayError as error:
        answer.append(error)


def _warning(found: Result | AssayError | None, seconds: float) -> str:
    late = (
        f"the advisory data could not be brought up to date within {seconds:.0f} s; `assay db update` goes on with it"
    )
    if found is None:
        return late
    if isinstance(found, AssayError):
        return f"the advisory data could not be brought up to date: {found.what}"
    if found.of(Happened.LEFT):
        return late
    failed = found.of(Happened.FAILED)
    names = ", ".join(item.source for item in failed[:5]) + (" …" if len(failed) > 5 else "")
    first = failed[0].error
    return f"the advisory data of {names} could not be brought up to date: {first.what if first else ''}"


def _old(folder: Path, request: UpdateRequest, ecosystems: Callable[[], Collection[str]], now: datetime) -> list[str]:
    """The sources of the default set for these ecosystems that were not confirmed for a day, or cannot be used."""
    confirmed = {name: shard.confirmed for name, shard in live(folder).shards.items() if is_current(shard)}
    old = [feed for feed in chosen(request) if not _is_young(confirmed.get(feed.name, ""), now)]
    named = ecosystems() if old else ()
    return [feed.name for feed in old if _concerns(feed, named)]


def _is_young(moment: str, now: datetime) -> bool:
    """What is of the future was written by a clock that was wrong, and says nothing."""
    return stamp(now - OLD) <= moment <= stamp(now + AHEAD)


def _concerns(feed: Feed, ecosystems: Collection[str]) -> bool:
    families = {name.partition(":")[0] for name in ecosystems}
    return not feed.ecosystems or bool(families.intersection(feed.ecosystems))


def _remember(folder: Path, now: datetime) -> None:
    """Its loss costs a second attempt; a folder that cannot be written to is told by the update itself."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        update_state.save(folder, update_state.load(folder)._replace(attempted=stamp(now)))
    except (OSError, AssayError):
        return
