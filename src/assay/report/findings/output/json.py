"""assay's own report: everything that is known, documented in docs/reference/scan.schema.json.

Findings are the bulk of it, so they are handed to the encoder as its own structs, which cost a quarter of dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.advisory import Exploited, FixState, Kind, Level, Likelihood, Severity
from assay.model.component import Component, Presence
from assay.model.finding import Analysis, Coverage, Finding, Scan, SourceDay, Suppression
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("json", "assay JSON", (".json",), "application/vnd.assay.scan.v1+json", ("1",), "1")
SCHEMA = "https://assay.dev/schemas/scan/v1"


class _Severity(msgspec.Struct, gc=False):
    level: Level
    score: float | None
    vector: str
    source: str


class _Rating(msgspec.Struct, gc=False):
    source: str
    level: Level
    score: float | None
    vector: str


class _Place(msgspec.Struct, gc=False):
    path: str
    layer: int
    line: int


class _Component(msgspec.Struct, gc=False, rename="camel"):
    id: str
    name: str
    namespace: str
    version: str
    ecosystem: str
    purl: str
    presence: Presence
    locations: list[_Place]
    owned_by: str


class _Fix(msgspec.Struct, gc=False):
    state: FixState
    versions: tuple[str, ...]
    since: str


class _Match(msgspec.Struct, gc=False, rename="camel"):
    """Field by field an `assay.model.finding.Match`."""

    feed: str
    advisory: str
    ecosystem: str
    package: str
    version: str
    range: str
    listed: bool
    scheme: str
    state: FixState
    fixed: tuple[str, ...]
    day: str
    source_package: bool
    cpe: str
    module: str
    channel: str
    note: str
    symbols: tuple[str, ...]


class _Finding(msgspec.Struct, gc=False, rename="camel"):
    id: str
    aliases: tuple[str, ...]
    kind: Kind
    summary: str
    severity: _Severity
    ratings: list[_Rating]
    risk: float
    exploited: Json
    epss: Json
    ssvc: dict[str, str]
    weaknesses: tuple[str, ...]
    published: str
    modified: str
    advisories: tuple[str, ...]
    references: list[str]
    component: _Component
    fix: _Fix
    path: tuple[str, ...]
    direct_dependency: str
    cleared_by: str
    matches: list[_Match]
    analysis: Json | msgspec.UnsetType = msgspec.UNSET
    suppression: Json | msgspec.UnsetType = msgspec.UNSET


def write(scan: Scan, options: Options) -> bytes:
    """The report."""
    return json_bytes.dump(plain(scan))


def plain(scan: Scan) -> dict[str, object]:
    """The report, its findings as structs that `assay.formats.json_bytes` writes."""
    subject = scan.sbom.subject
    known: dict[int, _Component] = {}  # many findings are about the same component
    return {
        "schema": SCHEMA,
        "timestamp": scan.timestamp,
        "subject": {
            "id": subject.id,
            "name": subject.name,
            "version": subject.version,
            "type": str(subject.type),
            "digests": [str(item) for item in subject.digests],
        },
        "advisories": {"digest": scan.manifest, "sources": [_source(item) for item in scan.sources]},
        "summary": {
            "components": len(scan.sbom.components),
            "findings": len(scan.findings),
            "suppressed": len(scan.suppressed),
            "unjudged": sum(item.components for item in words.gaps(scan)),
            "bySeverity": {str(level): count for level, count in words.by_level(scan.findings).items()},
            "fixable": sum(bool(item.fixed) for item in scan.findings),
            "exploited": sum(item.vulnerability.exploited is not None for item in scan.findings),
        },
        "coverage": [_coverage(item) for item in scan.coverage],
        "findings": _findings(scan.findings, known),
        "suppressed": _findings(scan.suppressed, known),
        "skipped": [{"path": item.path, "reason": item.reason, "layer": item.layer} for item in scan.sbom.skipped],
        "warnings": list(scan.warnings),
        "ruleFiles": list(scan.rule_files),
    }


def _source(item: SourceDay) -> Json:
    return {
        "feed": item.feed,
        "day": item.day,
        "confirmed": item.confirmed,
        "digest": item.digest,
        "records": item.records,
    }


def _coverage(item: Coverage) -> Json:
    return {
        "ecosystem": item.ecosystem,
        "components": item.components,
        "state": str(item.state),
        "message": item.message,
        "endOfLife": item.end_of_life,
        "sources": [{"feed": source.feed, "day": source.day} for source in item.sources],
    }


def _findings(items: Iterable[Finding], known: dict[int, _Component]) -> list[_Finding]:
    result = []
    for item in items:
        found, component = item.vulnerability, item.component
        about = known.get(id(component))
        if about is None:
            about = known[id(component)] = _component(component)
        severity = _Severity(
            found.level, found.score if found.score >= 0 else None, found.vector, found.severity_source
        )
        result.append(
            _Finding(
                id=found.id,
                aliases=found.ids[1:],
                kind=found.kind,
                summary=found.summary,
                severity=severity,
                ratings=[_rating(one) for one in found.severities],
                risk=item.risk,
                exploited=None if found.exploited is None else _exploited(found.exploited),
                epss=None if found.likelihood is None else _epss(found.likelihood),
                ssvc=dict(found.ssvc),
                weaknesses=found.weaknesses,
                published=found.published,
                modified=found.modified,
                advisories=found.advisories,
                references=[reference.url for reference in found.references],
                component=about,
                fix=_Fix(item.state, item.fixed, item.fixed_since),
                path=item.path,
                direct_dependency=item.bump,
                cleared_by=item.clears,
                matches=[_Match(*match) for match in item.matches],
                analysis=msgspec.UNSET if item.analysis is None else _analysis(item.analysis),
                suppression=msgspec.UNSET if item.suppression is None else _suppression(item.suppression),
            )
        )
    return result


def _component(item: Component) -> _Component:
    return _Component(
        item.id,
        item.name,
        item.namespace,
        item.version,
        item.ecosystem,
        str(item.purl) if item.purl is not None else "",
        item.presence,
        [_Place(place.path, place.layer, place.line) for place in item.occurrences],
        item.owned_by,
    )


def _rating(item: Severity) -> _Rating:
    level = item.level if item.level is not _UNKNOWN else Level.of_score(item.score)
    return _Rating(item.source, level, item.score if item.score >= 0 else None, item.vector)


_UNKNOWN = Level.UNKNOWN  # to ask an enumeration for a member takes as long as to make a struct


def _exploited(said: Exploited) -> Json:
    return {"added": said.added, "due": said.due, "ransomware": said.ransomware}


def _epss(said: Likelihood) -> Json:
    return {"probability": said.probability, "percentile": said.percentile, "day": said.day}


def _analysis(said: Analysis) -> Json:
    return {
        "status": said.status,
        "justification": said.justification,
        "detail": said.detail,
        "response": said.response,
        "origin": said.origin,
    }


def _suppression(said: Suppression) -> Json:
    return {
        "cause": str(said.cause),
        "reason": said.reason,
        "origin": said.origin,
        "expires": said.expires,
        "status": said.status,
        "justification": said.justification,
    }
