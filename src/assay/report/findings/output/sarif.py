"""SARIF 2.1.0 (OASIS): results with rules, fingerprints and suppressions; what is not covered as notifications.

GitHub takes a file only where every result has a place in a file, and counts results of one rule at one line as one
unless ``primaryLocationLineHash`` tells them apart ("SARIF support for code scanning").
"""

from __future__ import annotations

import hashlib

from assay import __version__
from assay.formats import json_bytes
from assay.formats.json import Json, Object
from assay.formats.scan_report import FINGERPRINT
from assay.model.advisory import Level
from assay.model.finding import Finding, Scan
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("sarif", "SARIF", (".sarif", ".sarif.json"), "application/sarif+json", ("2.1.0",), "2.1.0")
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.CRITICAL: "error", Level.HIGH: "error", Level.MEDIUM: "warning"}
_SCORES = {Level.CRITICAL: 9.5, Level.HIGH: 8.0, Level.MEDIUM: 5.5, Level.LOW: 2.0}
_ROOT = "SRCROOT"


def write(scan: Scan, options: Options) -> bytes:
    """The log of one run."""
    every = [*scan.findings, *scan.suppressed]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(item.vulnerability.id for item in every))}
    first = {item.vulnerability.id: item for item in reversed(every)}
    notices: list[Json] = [_notice(f"{item.ecosystem}: {item.message}") for item in words.gaps(scan)]
    notices += [_notice(text) for text in scan.warnings]
    invocation: Object = {"executionSuccessful": True, "toolExecutionNotifications": notices}
    if scan.timestamp:
        invocation["endTimeUtc"] = scan.timestamp
    run: Object = {
        "tool": {
            "driver": {
                "name": "assay",
                "version": __version__,
                "informationUri": "https://assay.dev",
                "rules": [_rule(first[name]) for name in numbers],
            }
        },
        "invocations": [invocation],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the source"}}},
        "results": [_result(item, numbers[item.vulnerability.id], scan.sbom.subject.name or "sbom") for item in every],
        "properties": {"advisories": scan.manifest, "subject": scan.sbom.subject.id},
    }
    return json_bytes.dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _notice(text: str) -> Json:
    return {"level": "warning", "message": {"text": text}}


def _rule(item: Finding) -> Json:
    found = item.vulnerability
    score = found.score if found.score >= 0 else _SCORES.get(found.level, 0.0)
    lines = [found.summary or found.id, f"Severity: {found.level}", f"Also known as: {', '.join(found.ids[1:]) or '-'}"]
    rule: Object = {
        "id": found.id,
        "name": "".join(part.capitalize() for part in str(found.kind).split("-")),
        "shortDescription": {"text": (found.summary or found.id)[:1000]},
        "fullDescription": {"text": (found.summary or found.id)[:1000]},
        "help": {"text": "\n".join(lines)},
        "defaultConfiguration": {"level": _LEVELS.get(found.level, "note")},
        "properties": {"security-severity": f"{score:.1f}", "tags": ["security", "vulnerability", str(found.level)]},
    }
    uri = next((reference.url for reference in found.references if reference.url.startswith("https://")), "")
    if uri.isascii() and uri.isprintable() and uri and " " not in uri:
        rule["helpUri"] = uri
    return rule


def _result(item: Finding, number: int, subject: str) -> Json:
    found, component = item.vulnerability, item.component
    fix = f", fixed in {', '.join(item.fixed)}" if item.fixed else ""
    text = f"{words.package(component)} {component.version} has {found.id}{fix}. {words.details(item)}"
    result: Object = {
        "ruleId": found.id,
        "ruleIndex": number,
        "level": _LEVELS.get(found.level, "note"),
        "message": {"text": text},
        "locations": _locations(item, subject),
        "partialFingerprints": {
            FINGERPRINT: f"{found.id} {component.id}",
            "primaryLocationLineHash": hashlib.sha256(f"{found.id} {component.id}".encode()).hexdigest()[:16] + ":1",
        },
        "properties": {
            "risk": item.risk,
            "fixState": str(item.state),
            "purl": str(component.purl or ""),
            "dependencyPath": list(item.path),
        },
    }
    if item.suppression is not None:
        said = item.suppression
        words_ = " ".join(filter(None, (str(said.cause), said.status, said.justification, said.reason)))
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": words_}]
    return result


def _locations(item: Finding, subject: str) -> list[Json]:
    """Where the component was found; a component of a document without places is in the document's subject."""
    logical: Json = [{"fullyQualifiedName": item.component.id, "kind": "package"}]
    places = [(place.path, place.line) for place in item.component.occurrences[:10]] or [(subject, 1)]
    return [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": _uri(path), "uriBaseId": _ROOT},
                "region": {"startLine": max(line, 1)},
            },
            "logicalLocations": logical,
        }
        for path, line in places
    ]


def _uri(path: str) -> str:
    """A relative URI: what is no path character is escaped."""
    from urllib.parse import quote

    return quote(path.split("!/")[0], safe="/!$&'()*+,;=@-._~", errors="replace") or "."
