"""Alias groups: the records that speak of one problem under different ids are one vulnerability.

Records of distributions deal with several vulnerabilities at once (``upstream``): each of these is a problem of its
own. Records of one component that share an id, directly or through others, are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from assay.engines.match import severity
from assay.model.advisory import Advisory, Enrichment, Kind, Level, Reference, Severity
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
        many = upstream(advisory)
        if many:
            result += [Hit(claim, advisory, (name,)) for name in many]
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


class Facts(NamedTuple):
    """What feeds of facts say, by id of the vulnerability."""

    by_id: Mapping[str, Sequence[tuple[str, Enrichment]]]

    def about(self, ids: Iterable[str]) -> list[tuple[str, Enrichment]]:
        """All facts about one problem."""
        by_id = self.by_id
        return [fact for name in ids if name in by_id for fact in by_id[name]]


def vulnerability(hit_list: Sequence[Hit], facts: Facts, *, by_cve: bool) -> Vulnerability:
    """One problem with the best of all sources; `hit_list` has the preferred record first."""
    ids = ids_of(hit_list)
    known = facts.about(ids)
    if len(hit_list) == 1 and not known:
        return _alone(hit_list[0], ids, by_cve)
    records = list({id(hit.advisory): hit.advisory for hit in hit_list}.values())
    best = records[0]
    first = _shown(hit_list[0], ids, by_cve)
    own = best.severities
    others = [item for record in records[1:] for item in record.severities]
    others += [item for _, fact in known for item in fact.severities]
    chosen = severity.choose(own, others)
    malicious = any(record.kind is Kind.MALICIOUS for record in records)
    weaknesses = {name for record in records for name in record.weaknesses}
    return Vulnerability(
        id=first,
        ids=(first, *sorted(ids - {first})) if len(ids) > 1 else (first,),
        kind=Kind.MALICIOUS if malicious else best.kind,
        summary=_first([record.summary for record in records] + [fact.summary for _, fact in known]),
        level=_level(best.kind, chosen),
        score=chosen.score,
        vector=chosen.vector,
        severity_source=chosen.source,
        severities=severity.distinct([*own, *others]) if others else own,
        weaknesses=tuple(sorted(weaknesses or {name for _, fact in known for name in fact.weaknesses})),
        references=best.references if len(records) == 1 else _references(records),
        published=min((record.published for record in records if record.published), default=""),
        modified=max(record.modified for record in records),
        exploited=next((fact.exploited for _, fact in known if fact.exploited is not None), None),
        likelihood=next((fact.likelihood for _, fact in known if fact.likelihood is not None), None),
        ssvc=next((fact.ssvc for _, fact in known if fact.ssvc), ()),
        advisories=tuple(dict.fromkeys([f"{hit.claim.feed}:{hit.advisory.id}" for hit in hit_list])),
    )


def _alone(hit: Hit, ids: set[str], by_cve: bool) -> Vulnerability:
    """A problem that a single record speaks of, as most are."""
    record = hit.advisory
    first = _shown(hit, ids, by_cve)
    chosen = severity.choose(record.severities, ()) if record.severities else _NOT_JUDGED
    return Vulnerability(
        id=first,
        ids=(first, *sorted(ids - {first})) if len(ids) > 1 else (first,),
        kind=record.kind,
        summary=record.summary,
        level=_level(record.kind, chosen),
        score=chosen.score,
        vector=chosen.vector,
        severity_source=chosen.source,
        severities=record.severities,
        weaknesses=record.weaknesses if len(record.weaknesses) < 2 else tuple(sorted(set(record.weaknesses))),
        references=record.references,
        published=record.published,
        modified=record.modified,
        advisories=(f"{hit.claim.feed}:{record.id}",),
    )


_NOT_JUDGED = Severity("")


def _level(kind: Kind, chosen: Severity) -> Level:
    """The word; that nobody maintains a package is no flaw by itself."""
    level = severity.level(chosen)
    return Level.NONE if kind is Kind.UNMAINTAINED and level is Level.UNKNOWN else level


def _references(records: Sequence[Advisory]) -> tuple[Reference, ...]:
    return tuple(dict.fromkeys([item for record in records for item in record.references]))


def ids_of(hit_list: Sequence[Hit]) -> set[str]:
    """All ids of the problem; the id of an advisory that deals with several problems is none of them."""
    return set(hit_list[0].ids) if len(hit_list) == 1 else {name for hit in hit_list for name in hit.ids}


def _shown(best: Hit, ids: set[str], by_cve: bool) -> str:
    cves = sorted(name for name in ids if name.startswith(_CVE)) if by_cve else ()
    return cves[0] if cves else best.ids[0]


def rejected(ids: Iterable[str], facts: Facts) -> str:
    """Why the CVE behind a problem was rejected; empty where it was not, or only one of several."""
    every = [name for name in ids if name.startswith(_CVE)]
    cves = [name for name in every if name in facts.by_id]
    if not cves or len(cves) < len(every):
        return ""
    reasons = [next((fact.rejected for _, fact in facts.about((name,)) if fact.rejected), "") for name in cves]
    return reasons[0] if reasons and all(reasons) else ""


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")
