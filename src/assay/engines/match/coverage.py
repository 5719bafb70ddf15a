"""What silence means: for every ecosystem or distribution release in the SBOM, what the data can say about it.

Data is outdated when its source was last confirmed more than `max_age` days ago. A source that cannot say "unfixed"
leaves every package that it does not name undecided; a sample leaves everything undecided. Data of another assay, which
cannot be used, is told beside what the rest can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from assay.engines.match.questions import Undecidable
from assay.model.advisory import FixState, Release
from assay.model.advisory_store import Refused, Shard
from assay.model.finding import Coverage, CoverageState, SourceDay

MAX_AGE_DAYS = 14


class Sources(NamedTuple):
    """What can be asked, and what is there and cannot be used."""

    shards: Sequence[Shard]
    refused: Sequence[Refused] = ()

    def of(self, name: str) -> list[Shard]:
        """The shards that speak for an ecosystem or release."""
        return [shard for shard in self.shards if _speaks(shard, name)]

    def unusable(self, name: str) -> str:
        """What would speak for it and why it cannot be used, for people; empty where there is none."""
        found = {item.shard.feed: item.reason for item in self.refused if _speaks(item.shard, name)}
        return "; ".join(f"that of {feed} was {reason}" for feed, reason in sorted(found.items()))


class Clockwork(NamedTuple):
    """The day of the scan, and how old data may be."""

    today: date
    max_age: int = MAX_AGE_DAYS


def coverage(
    ecosystems: Mapping[str, set[int]],
    undecidable: Sequence[Undecidable],
    sources: Sources,
    releases: Sequence[Release],
    clock: Clockwork,
) -> tuple[Coverage, ...]:
    """An entry for every ecosystem, sorted by name."""
    reasons: dict[str, dict[str, int]] = {}
    for item in undecidable:
        counts = reasons.setdefault(item.ecosystem, {})
        counts[item.reason] = counts.get(item.reason, 0) + 1
    result = []
    for name in sorted(ecosystems):
        missing = reasons.get(name, {})
        count = len(ecosystems[name])
        undecided = sum(missing.values())
        if count > undecided:
            result.append(_of(name, count - undecided, sources, releases, clock))
        for reason, number in sorted(missing.items()):
            noun = "component" if number == 1 else "components"
            message = f"{number} {noun} cannot be judged: {reason}"
            result.append(Coverage(name, number, CoverageState.UNDECIDABLE, (), message))
    return tuple(result)


def _speaks(shard: Shard, name: str) -> bool:
    base = name.partition(":")[0]
    return name in shard.ecosystems and base in (shard.covers or (base,))


def _of(name: str, count: int, sources: Sources, releases: Sequence[Release], clock: Clockwork) -> Coverage:
    known = sources.of(name)
    days = tuple(SourceDay(s.feed, s.day, s.confirmed[:10], s.digest, s.records) for s in known)
    end = end_of_life(name, releases, clock.today)
    state, message = _judge(name, known, clock)
    if unusable := sources.unusable(name):
        message = f"{message or 'not all of the data can be used'}: {unusable}"
    return Coverage(name, count, state, days, message, end)


def _judge(name: str, known: Sequence[Shard], clock: Clockwork) -> tuple[CoverageState, str]:
    if not known:
        return CoverageState.NO_DATA, f"no advisory data for {spoken(name)}"
    fresh = [shard for shard in known if not outdated(shard, clock)]
    if not fresh:
        days = [day for shard in known if (day := last_confirmed(shard.confirmed, shard.day, clock.today))]
        future = f"unknown: it is {clock.today} here, before the day of the data"
        return CoverageState.OUTDATED, f"unknown since {max(days)}" if days else future
    whole = [shard for shard in fresh if shard.complete]
    if not whole:
        return CoverageState.SAMPLE, f"only a sample of the advisories for {spoken(name)}"
    if not any(FixState.NOT_FIXED in shard.states for shard in whole):
        return CoverageState.FIXED_ONLY, f"the data for {spoken(name)} names only what was fixed"
    return CoverageState.COVERED, ""


def outdated(shard: Shard, clock: Clockwork) -> bool:
    """Whether a source was last confirmed too long ago (or nobody knows when)."""
    day = last_confirmed(shard.confirmed, shard.day, clock.today)
    return day is None or (clock.today - day).days > clock.max_age


def last_confirmed(confirmed: str, day: str, today: date) -> date | None:
    """The day on which an update last found a source current, else that of its data; none of them if after `today`.

    A clock that was or is wrong must not make old data new. A day more is what time zones make of it.
    """
    days = (found for text in (confirmed, day) if (found := _day(text)) is not None)
    return next((found for found in days if (found - today).days <= 1), None)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
    except ValueError:
        return None


def spoken(name: str) -> str:
    """``Debian:12`` as people say it: ``debian 12``."""
    system, _, release = name.partition(":")
    return f"{system.lower()} {release}" if release else name


_PRODUCTS = {
    "Alpine": "alpine",
    "Debian": "debian",
    "Ubuntu": "ubuntu",
    "AlmaLinux": "almalinux",
    "Rocky Linux": "rocky",
    "Red Hat": "rhel",
    "Oracle Linux": "ol",
    "Amazon Linux": "amzn",
    "SLES": "sles",
    "openSUSE": "opensuse-leap",
    "Photon OS": "photon",
    "Azure Linux": "azurelinux",
    "Mariner": "mariner",
    "Fedora": "fedora",
}


def end_of_life(name: str, releases: Iterable[Release], today: date) -> str:
    """The day on which a release's maintenance ended, if it has; ``yes`` where only that is known."""
    system, _, version = name.partition(":")
    product = _PRODUCTS.get(system, "")
    for item in releases:
        if item.product == product and item.cycle in (version, version.partition(".")[0]):
            day = _day(item.end)
            if day is not None and day < today:
                return item.end
            if item.end == "true":
                return "yes"
    return ""
