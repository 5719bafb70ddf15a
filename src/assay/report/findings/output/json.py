"""assay's own report: everything that is known, documented in docs/reference/scan.schema.json."""

from __future__ import annotations

from assay.formats import json_bytes
from assay.formats.json import Json, Object
from assay.model.advisory import Level, Severity
from assay.model.component import Component
from assay.model.finding import Coverage, Finding, Match, Scan, SourceDay
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("json", "assay JSON", (".json",), "application/vnd.assay.scan.v1+json", ("1",), "1")
SCHEMA = "https://assay.dev/schemas/scan/v1"


def write(scan: Scan, options: Options) -> bytes:
    """The report."""
    return json_bytes.dump(plain(scan))


def plain(scan: Scan) -> Object:
    """The report as plain values."""
    subject = scan.sbom.subject
    known: dict[int, Json] = {}  # many findings are about the same component
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
        "findings": [_finding(item, known) for item in scan.findings],
        "suppressed": [_finding(item, known) for item in scan.suppressed],
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


def _finding(item: Finding, known: dict[int, Json]) -> Object:
    found, about = item.vulnerability, known.get(id(item.component))
    if about is None:
        about = known[id(item.component)] = _component(item.component)
    result: Object = {
        "id": found.id,
        "aliases": list(found.ids[1:]),
        "kind": str(found.kind),
        "summary": found.summary,
        "severity": {
            "level": str(found.level),
            "score": found.score if found.score >= 0 else None,
            "vector": found.vector,
            "source": found.severity_source,
        },
        "ratings": [_rating(rating) for rating in found.severities],
        "risk": item.risk,
        "exploited": _exploited(item),
        "epss": _epss(item),
        "ssvc": dict(found.ssvc),
        "weaknesses": list(found.weaknesses),
        "published": found.published,
        "modified": found.modified,
        "advisories": list(found.advisories),
        "references": [reference.url for reference in found.references],
        "component": about,
        "fix": {"state": str(item.state), "versions": list(item.fixed), "since": item.fixed_since},
        "path": list(item.path),
        "directDependency": item.bump,
        "clearedBy": item.clears,
        "matches": [_match(match) for match in item.matches],
    }
    if item.analysis is not None:
        result["analysis"] = _analysis(item)
    if item.suppression is not None:
        said = item.suppression
        result["suppression"] = {
            "cause": str(said.cause),
            "reason": said.reason,
            "origin": said.origin,
            "expires": said.expires,
            "status": said.status,
            "justification": said.justification,
        }
    return result


def _component(item: Component) -> Json:
    return {
        "id": item.id,
        "name": item.name,
        "namespace": item.namespace,
        "version": item.version,
        "ecosystem": item.ecosystem,
        "purl": str(item.purl) if item.purl is not None else "",
        "presence": str(item.presence),
        "locations": [{"path": place.path, "layer": place.layer, "line": place.line} for place in item.occurrences],
        "ownedBy": item.owned_by,
    }


def _rating(item: Severity) -> Json:
    level = item.level if item.level is not Level.UNKNOWN else Level.of_score(item.score)
    return {
        "source": item.source,
        "level": str(level),
        "score": item.score if item.score >= 0 else None,
        "vector": item.vector,
    }


def _exploited(item: Finding) -> Json:
    said = item.vulnerability.exploited
    return {"added": said.added, "due": said.due, "ransomware": said.ransomware} if said is not None else None


def _epss(item: Finding) -> Json:
    said = item.vulnerability.likelihood
    if said is None:
        return None
    return {"probability": said.probability, "percentile": said.percentile, "day": said.day}


def _analysis(item: Finding) -> Json:
    said = item.analysis
    assert said is not None
    return {
        "status": said.status,
        "justification": said.justification,
        "detail": said.detail,
        "response": said.response,
        "origin": said.origin,
    }


def _match(item: Match) -> Json:
    return {
        "feed": item.feed,
        "advisory": item.advisory,
        "ecosystem": item.ecosystem,
        "package": item.package,
        "version": item.version,
        "range": item.interval,
        "listed": item.listed,
        "scheme": item.scheme,
        "state": str(item.state),
        "fixed": list(item.fixed),
        "day": item.day,
        "sourcePackage": item.source_package,
        "cpe": item.by_cpe,
        "module": item.module,
        "channel": item.channel,
        "note": item.note,
        "symbols": list(item.symbols),
    }
