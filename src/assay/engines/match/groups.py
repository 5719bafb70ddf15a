"""Alias groups: the records that speak of one problem under different ids are one vulnerability.

Records of distributions deal with several vulnerabilities at once (``upstream``): each of these is a problem of its
own. Records of one component that share an id, directly or through others, are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from assay.engines.match import severity
from assay.model.advisory import Advisory, Enrichment, Exploited, Kind, Level, Likelihood, Severity
from assay.model.advisory_store import Claim
from assay.model.finding import Vulnerability

Record = tuple[str, int]
"""Feed and number."""
_CVE = "CVE-"


class Hit(NamedTuple):
    """A claim, the record it comes from, and the ids of the one problem it is taken for."""

    claim: Claim
    advisory: Advisory
    ids: tuple[str, ...]


def hits(claims: Iterable[Claim], advisories: Mapping[Record, Advisory]) -> list[Hit]:
    """A hit for every problem that the record of a claim deals with."""
    result = []
    for claim in claims:
        advisory = advisories.get((claim.feed, claim.advisory))
        if advisory is None:
            continue
        if advisory.upstream:
            result += [Hit(claim, advisory, (name,)) for name in upstream(advisory)]
        else:
            result.append(Hit(claim, advisory, (advisory.id, *advisory.aliases)))
    return result


def upstream(advisory: Advisory) -> tuple[str, ...]:
    """The vulnerabilities that an advisory deals with; empty where it is one itself."""
    if advisory.upstream:
        return tuple(dict.fromkeys(advisory.upstream))
    return ()


def group(found: Sequence[Hit]) -> list[list[Hit]]:
    """The hits of one component, by problem; in the order of the first hit of each."""
    if len(found) == 1:
        return [list(found)]
    if len({name for hit in found for name in hit.ids}) == sum([len(hit.ids) for hit in found]):
        return [[hit] for hit in found]  # none shares an id
    leader: dict[str, str] = {}

    def root(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for hit in found:
        for name in hit.ids:
            leader.setdefault(name, name)
            leader[root(name)] = root(hit.ids[0])
    result: dict[str, list[Hit]] = {}
    for hit in found:
        result.setdefault(root(hit.ids[0]), []).append(hit)
    return list(result.values())


class Facts:
    """What feeds of facts say, by id of the vulnerability."""

    def __init__(self, facts: Iterable[tuple[str, Enrichment]] = ()) -> None:
        self._by_id: dict[str, list[Enrichment]] = {}
        self._rejected: set[str] = set()
        for _, fact in facts:
            self._by_id.setdefault(fact.id, []).append(fact)
            if fact.rejected:
                self._rejected.add(fact.id)

    def about(self, ids: Iterable[str]) -> Sequence[Enrichment]:
        """All facts about one problem."""
        by_id = self._by_id
        if by_id.keys().isdisjoint(ids):
            return ()
        return [fact for name in ids if name in by_id for fact in by_id[name]]

    def rejected(self, ids: Iterable[str]) -> bool:
        """Whether the CVE behind a problem was rejected; where it has several, all of them."""
        if self._rejected.isdisjoint(ids):
            return False
        cves = {name for name in ids if name.startswith(_CVE)}
        return bool(cves) and cves <= self._rejected


def vulnerability(hit_list: Sequence[Hit], names: tuple[str, ...], facts: Facts) -> Vulnerability:
    """One problem with the best of all sources; `names` are its `ids`, `hit_list` has the preferred record first.

    A malicious package is critical: nobody scores it, and no threshold of anybody who reads a report may miss it.
    """
    known = facts.about(names)
    found = _alone(hit_list[0], names)
    others: list[Severity] = []
    if len(hit_list) > 1:
        records = list({id(hit.advisory): hit.advisory for hit in hit_list}.values())
        if len(records) > 1:
            found = _united(found, hit_list, records)
            others += [item for record in records[1:] for item in record.severities]
    if known or others:
        found = _enriched(found, hit_list[0].advisory.kind, others, known)
    return found if found.kind is not _MALICIOUS else found._replace(level=Level.CRITICAL)


def _united(found: Vulnerability, hit_list: Sequence[Hit], records: Sequence[Advisory]) -> Vulnerability:
    """What the first of several records says, with what the others say beside it, but for their severities."""
    return found._replace(
        kind=_MALICIOUS if _MALICIOUS in [record.kind for record in records] else found.kind,
        summary=_first(records),
        weaknesses=tuple(sorted({name for record in records for name in record.weaknesses})),
        references=tuple(dict.fromkeys([item for record in records for item in record.references])),
        published=min([record.published for record in records if record.published], default=""),
        modified=max([record.modified for record in records]),
        advisories=tuple(dict.fromkeys([f"{hit.claim.feed}:{hit.advisory.id}" for hit in hit_list])),
    )


def _enriched(found: Vulnerability, kind: Kind, others: list[Severity], known: Sequence[Enrichment]) -> Vulnerability:
    """A problem with the facts about it, and the severity that counts of its own and of `others`."""
    exploited: Exploited | None = None
    likelihood: Likelihood | None = None
    ssvc: tuple[tuple[str, str], ...] = ()
    for fact in known:
        others += fact.severities
        exploited = fact.exploited if exploited is None else exploited
        likelihood = fact.likelihood if likelihood is None else likelihood
        ssvc = ssvc or fact.ssvc
    chosen = severity.choose(found.severities, others)
    return found._replace(
        summary=found.summary or _first(known),
        level=_level(kind, chosen.level, chosen.score),
        score=chosen.score,
        vector=chosen.vector,
        severity_source=chosen.source,
        severities=severity.distinct([*found.severities, *others]) if others else found.severities,
        weaknesses=found.weaknesses or _weaknesses(known),
        exploited=exploited,
        likelihood=likelihood,
        ssvc=ssvc,
    )


def _weaknesses(known: Sequence[Enrichment]) -> tuple[str, ...]:
    return tuple(sorted({name for fact in known for name in fact.weaknesses}))


def _alone(hit: Hit, names: tuple[str, ...]) -> Vulnerability:
    """A problem that a single record speaks of, as most are."""
    record = hit.advisory
    chosen = severity.choose(record.severities, ()) if record.severities else _NOT_JUDGED
    return Vulnerability(
        id=names[0],
        ids=names,
        kind=record.kind,
        summary=record.summary,
        level=_level(record.kind, chosen.level, chosen.score),
        score=chosen.score,
        vector=chosen.vector,
        severity_source=chosen.source,
        severities=record.severities,
        weaknesses=tuple(sorted(set(record.weaknesses))),
        references=record.references,
        published=record.published,
        modified=record.modified,
        advisories=(f"{hit.claim.feed}:{record.id}",),
    )


_NOT_JUDGED = Severity("")


def _level(kind: Kind, level: Level, score: float) -> Level:
    """The word; that nobody maintains a package is no flaw by itself."""
    if level is _UNKNOWN:
        level = Level.of_score(score)
    return Level.NONE if kind is _UNMAINTAINED and level is _UNKNOWN else level


# to ask an enumeration for a member takes as long as all the rest of it
_MALICIOUS, _UNMAINTAINED, _UNKNOWN = Kind.MALICIOUS, Kind.UNMAINTAINED, Level.UNKNOWN


def ids(hit_list: Sequence[Hit], *, by_cve: bool) -> tuple[str, ...]:
    """All ids of the problem: the one to show, then the others, sorted.

    The id of an advisory that deals with several problems is none of them.
    """
    first = hit_list[0].ids
    if len(hit_list) == 1 and (len(first) == 1 or (len(first) == 2 and not by_cve and first[0] != first[1])):
        return first
    every = {name for hit in hit_list for name in hit.ids} if len(hit_list) > 1 else {*first}
    shown = first[0]
    if by_cve:
        shown = min([name for name in every if name.startswith(_CVE)], default=shown)
    every.remove(shown)
    return shown, *sorted(every)


def _first(said: Iterable[Advisory | Enrichment]) -> str:
    return next((item.summary for item in said if item.summary), "")
