"""Says what is wrong with what an SBOM lists, why, and about what it cannot say anything.

1. `questions`: which packages of which advisory ecosystems the components are.
2. The store answers with claims: the records whose range holds the version (sort keys are compared there).
3. `relevant`: role, module stream, architecture and platform narrow them.
4. `groups`: records of one component under ids of one problem become one vulnerability, with the best of all sources.
5. `owner`: files of a distribution's package follow the distribution's fix.
6. `clears`: the lowest version without known findings; `paths`: the dependency to change; `risk`: what first.
7. `coverage`: what silence about the rest means.

VEX statements and ignore rules come after (`assay.engines.vex`, `assay.engines.ignore`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from assay.ecosystems import order as version_order
from assay.engines.match import clears, groups, owner, severity
from assay.engines.match.coverage import MAX_AGE_DAYS, Clockwork, Sources, coverage
from assay.engines.match.paths import Paths
from assay.engines.match.questions import Asked, ask, ecosystems_of
from assay.engines.match.relevant import by_component, relevant
from assay.engines.match.risk import risk
from assay.model.advisory import FixState, Kind, Release
from assay.model.advisory_store import Claim, Shard
from assay.model.component import Component
from assay.model.finding import Finding, Match, Scan, SourceDay, Vulnerability
from assay.model.sbom import Lifecycle, Sbom
from assay.ports import Advisories


class Options(NamedTuple):
    """How to match.

    `declared`: also judge what manifests only ask for; None: in directories, not in images and systems.
    """

    today: date
    by_cve: bool = False
    declared: bool | None = None
    max_age: int = MAX_AGE_DAYS
    releases: Sequence[Release] = ()
    timestamp: str = ""
    manifest: str = ""


class _Work:
    """What the steps share."""

    def __init__(self, sbom: Sbom, store: Advisories, options: Options, asked: Sequence[Asked]) -> None:
        self.sbom, self.store, self.options, self.asked = sbom, store, options, asked
        self.shards = {shard.feed: shard for shard in store.shards}
        self.hits: dict[int, list[list[groups.Hit]]] = {}
        self.facts = groups.Facts()
        self.judged: dict[tuple[object, ...], tuple[Vulnerability, float]] = {}
        """Problems with their risk, by the records that speak of them: many components have the same."""


def match(sbom: Sbom, store: Advisories, options: Options) -> Scan:
    """The findings of an SBOM, by risk, and the coverage."""
    asked, undecidable = ask(sbom, declared=_declared_too(sbom, options))
    work = _Work(sbom, store, options, asked)
    claims = relevant(store.claims([item.question for item in asked]), asked, sbom.components)
    _collect(work, by_component(claims, asked))
    found, owned = owner.divide(_findings(work), sbom, store, asked)
    found = clears.complete(found, store)
    sources = Sources(store.shards, store.refused)
    clock = Clockwork(options.today, options.max_age)
    covered = coverage(ecosystems_of(asked, undecidable), undecidable, sources, options.releases, clock)
    return Scan(
        sbom=sbom,
        findings=tuple(sorted(found, key=order)),
        suppressed=tuple(sorted(owned, key=order)),
        coverage=covered,
        sources=tuple(_sources(work)),
        manifest=options.manifest,
        timestamp=options.timestamp,
        warnings=tuple(_unusable_facts(store)),
    )


def _unusable_facts(store: Advisories) -> list[str]:
    """Which facts (known exploitation, likelihoods) are missing: no ecosystem's coverage would tell."""
    missing = {item.shard.feed: item.reason for item in store.refused if item.shard.facts}
    missing = {feed: why for feed, why in missing.items() if all(shard.feed != feed for shard in store.shards)}
    return [f"the facts of {feed} are missing from this: its data was {why}" for feed, why in sorted(missing.items())]


def order(item: Finding) -> tuple[object, ...]:
    """Malicious packages first, then by risk, then by severity; the rest makes it reproducible."""
    found = item.vulnerability
    grave = -severity.ORDER[found.level]
    return (found.kind is not _MALICIOUS, -item.risk, grave, -found.score, item.component.id, found.id)


_MALICIOUS = Kind.MALICIOUS


def _declared_too(sbom: Sbom, options: Options) -> bool:
    if options.declared is not None:
        return options.declared
    return not sbom.layers and (sbom.distribution is None or Lifecycle.PRE_BUILD in sbom.lifecycles)


def _collect(work: _Work, claims: Mapping[int, list[Claim]]) -> None:
    """Fetch records and facts of all claims at once, and group them."""
    wanted = {(claim.feed, claim.advisory) for items in claims.values() for claim in items}
    advisories = work.store.advisories(wanted)
    names: set[str] = set()
    preference = _preference(work.shards)
    for component, items in claims.items():
        if work.asked[items[0].question].unversioned:
            items = [item for item in items if advisories[item.feed, item.advisory].kind is _MALICIOUS]
        if len(items) > 1:
            items.sort(key=preference)
        hits = groups.hits(items, advisories)
        work.hits[component] = groups.group(hits)
        names.update(*[hit.ids for hit in hits])
    work.facts = groups.Facts(work.store.facts(names))


def _preference(shards: Mapping[str, Shard]) -> Callable[[Claim], tuple[object, ...]]:
    """The source that knows best first; of one source a claim with a fix first."""
    authority = {feed: -shard.authority for feed, shard in shards.items()}
    return lambda claim: (authority[claim.feed], not claim.fixed, claim.feed, claim.advisory)


def _findings(work: _Work) -> list[Finding]:
    paths, by_cve = Paths(work.sbom), work.options.by_cve
    result = []
    for number, found in sorted(work.hits.items()):
        component = work.sbom.components[number]
        way = paths.to(component.id)
        for group in found:
            names = groups.ids(group, by_cve=by_cve)
            if not work.facts.rejected(names):
                result.append(_finding(group, names, component, way, work))
    return result


def _finding(
    group: Sequence[groups.Hit], names: tuple[str, ...], component: Component, way: tuple[str, ...], work: _Work
) -> Finding:
    first = group[0]
    key: tuple[object, ...] = (first.claim.feed, first.claim.advisory, first.ids)
    matches: tuple[Match, ...] = (_match(first, work),)
    fixed = first.claim.fixed
    since = first.advisory.published[:10] if fixed else ""
    if len(group) > 1:
        key = tuple([item for claim, _, ids in group for item in (claim.feed, claim.advisory, ids)])
        matches = tuple([_match(hit, work) for hit in group])
        fixed, since = next((fixes for hit in group if (fixes := _fixes(hit.claim, group))), ()), _since(group)
    judged = work.judged.get(key)
    if judged is None:
        vulnerability = groups.vulnerability(group, names, work.facts)
        judged = work.judged[key] = vulnerability, risk(vulnerability)
    return Finding(
        vulnerability=judged[0],
        component=component,
        matches=matches,
        state=_FIXED if fixed else _unfixed(first.claim.state),
        fixed=clears.above(fixed, matches[0]) if len(fixed) > 1 else fixed,
        fixed_since=since,
        risk=judged[1],
        path=way,
        bump=way[0] if way else "",
    )


_FIXED, _NOT_FIXED, _UNKNOWN = FixState.FIXED, FixState.NOT_FIXED, FixState.UNKNOWN


def _unfixed(state: FixState) -> FixState:
    """What the preferred source says where no source knows a fix."""
    return _NOT_FIXED if state is _UNKNOWN or state is _FIXED else state


def _fixes(claim: Claim, group: Sequence[groups.Hit]) -> tuple[str, ...]:
    """The fixes that one source names, in all its claims about the component."""
    same = (hit.claim for hit in group if hit.claim.feed == claim.feed)
    return tuple(dict.fromkeys(version for other in same for version in other.fixed))


def _since(group: Sequence[groups.Hit]) -> str:
    """The day of the first record that names a fix."""
    return min([hit.advisory.published[:10] for hit in group if hit.claim.fixed and hit.advisory.published], default="")


def _match(hit: groups.Hit, work: _Work) -> Match:
    claim, asked = hit.claim, work.asked[hit.claim.question]
    question = asked.question
    return Match(
        feed=claim.feed,
        advisory=hit.advisory.id,
        ecosystem=question.ecosystem,
        package=question.name,
        version=question.version,
        interval="" if claim.listed else str(claim.interval),
        listed=claim.listed,
        scheme=version_order(question.ecosystem).scheme,
        state=claim.state,
        fixed=claim.fixed,
        day=work.shards[claim.feed].day,
        source_package=not asked.binary,
        by_cpe=asked.by_cpe,
        module=claim.module,
        channel=claim.channel,
        note=claim.note,
        symbols=claim.symbols,
    )


def _sources(work: _Work) -> list[SourceDay]:
    ecosystems = {item.question.ecosystem for item in work.asked}
    return [
        SourceDay(shard.feed, shard.day, shard.confirmed[:10], shard.digest, shard.records)
        for shard in work.shards.values()
        if shard.facts or ecosystems.intersection(shard.ecosystems)
    ]
