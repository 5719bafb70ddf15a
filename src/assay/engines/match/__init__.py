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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from assay.ecosystems import order as version_order
from assay.engines.match import clears, groups, owner, severity
from assay.engines.match.coverage import MAX_AGE_DAYS, Clockwork, Sources, coverage
from assay.engines.match.paths import Paths
from assay.engines.match.questions import Asked, ask, ecosystems_of
from assay.engines.match.relevant import by_component, relevant
from assay.engines.match.risk import risk
from assay.model.advisory import Enrichment, FixState, Kind, Release
from assay.model.advisory_store import Claim, Shard
from assay.model.finding import Finding, Match, Scan, SourceDay, Vulnerability
from assay.model.sbom import Lifecycle, Sbom
from assay.ports import Advisories


@dataclass(frozen=True, slots=True)
class Options:
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


@dataclass(slots=True)
class _Work:
    """What the steps share."""

    sbom: Sbom
    store: Advisories
    options: Options
    asked: list[Asked]
    shards: Mapping[str, Shard]
    hits: dict[int, list[list[groups.Hit]]] = field(default_factory=dict)
    facts: groups.Facts = field(default_factory=lambda: groups.Facts({}))


def match(sbom: Sbom, store: Advisories, options: Options) -> Scan:
    """The findings of an SBOM, by risk, and the coverage."""
    asked, undecidable = ask(sbom, declared=_declared_too(sbom, options))
    shards = {shard.feed: shard for shard in store.shards}
    work = _Work(sbom, store, options, asked, shards)
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
    return (found.kind is not Kind.MALICIOUS, -item.risk, grave, -found.score, item.component.id, found.id)


def _declared_too(sbom: Sbom, options: Options) -> bool:
    if options.declared is not None:
        return options.declared
    return not sbom.layers and (sbom.distribution is None or Lifecycle.PRE_BUILD in sbom.lifecycles)


def _collect(work: _Work, claims: Mapping[int, list[Claim]]) -> None:
    """Fetch records and facts of all claims at once, and group them."""
    wanted = {(claim.feed, claim.advisory) for items in claims.values() for claim in items}
    advisories = work.store.advisories(wanted)
    names: set[str] = set()
    for component, items in claims.items():
        ordered = sorted(items, key=lambda claim: _preference(claim, work.shards))
        work.hits[component] = groups.group(groups.hits(ordered, advisories))
        names.update(name for group in work.hits[component] for hit in group for name in hit.ids)
    by_id: dict[str, list[tuple[str, Enrichment]]] = {}
    for feed, fact in work.store.facts(names):
        by_id.setdefault(fact.id, []).append((feed, fact))
    work.facts = groups.Facts(by_id)


def _preference(claim: Claim, shards: Mapping[str, Shard]) -> tuple[object, ...]:
    """The source that knows best first; of one source a claim with a fix first."""
    return -shards[claim.feed].authority, not claim.fixed, claim.feed, claim.advisory


def _findings(work: _Work) -> list[Finding]:
    paths = Paths(work.sbom)
    known: dict[tuple[object, ...], Vulnerability] = {}
    result = []
    for number, found in sorted(work.hits.items()):
        component = work.sbom.components[number]
        way = paths.to(component.id)
        for group in found:
            if groups.rejected(groups.ids_of(group), work.facts):
                continue
            key = tuple([(hit.claim.feed, hit.claim.advisory, hit.ids) for hit in group])
            vulnerability = known.get(key)
            if vulnerability is None:
                vulnerability = groups.vulnerability(group, work.facts, by_cve=work.options.by_cve)
                known[key] = vulnerability
            fixed = group[0].claim.fixed
            if len(group) > 1:
                fixed = next((fixes for hit in group if (fixes := _fixes(hit.claim, group))), ())
            matches = tuple([_match(hit, work) for hit in group])
            finding = Finding(
                vulnerability=vulnerability,
                component=component,
                matches=matches,
                state=_state(group),
                fixed=clears.above(fixed, matches[0]),
                fixed_since=_since(group),
                risk=risk(vulnerability),
                path=way,
                bump=way[0] if way else "",
            )
            result.append(finding)
    return result


def _fixes(claim: Claim, group: Sequence[groups.Hit]) -> tuple[str, ...]:
    """The fixes that one source names, in all its claims about the component."""
    same = (hit.claim for hit in group if hit.claim.feed == claim.feed)
    return tuple(dict.fromkeys(version for other in same for version in other.fixed))


def _state(group: Sequence[groups.Hit]) -> FixState:
    """What the preferred source says; a fix that any source knows is a fix."""
    for hit in group:
        if hit.claim.fixed:
            return FixState.FIXED
    state = group[0].claim.state
    return FixState.NOT_FIXED if state in (FixState.UNKNOWN, FixState.FIXED) else state


def _since(group: Sequence[groups.Hit]) -> str:
    """The day of the first record that names a fix."""
    return min([hit.advisory.published[:10] for hit in group if hit.claim.fixed and hit.advisory.published], default="")


def _match(hit: groups.Hit, work: _Work) -> Match:
    claim, asked = hit.claim, work.asked[hit.claim.question]
    question, shard = asked.question, work.shards[hit.claim.feed]
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
        day=shard.day,
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
