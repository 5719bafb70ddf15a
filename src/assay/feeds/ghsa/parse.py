"""GitHub's advisories: OSV records (the repository, OSV's export), and what the REST API answers.

The API's form::

    {"ghsa_id": "GHSA-…", "cve_id": "CVE-…", "severity": "high", "vulnerabilities": [
      {"package": {"ecosystem": "pip", "name": "django"}, "vulnerable_version_range": ">= 3.2, < 3.2.25",
       "first_patched_version": "3.2.25"}]}
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records, osv
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped

_ECOSYSTEMS = {
    "pip": "PyPI",
    "npm": "npm",
    "maven": "Maven",
    "nuget": "NuGet",
    "rubygems": "RubyGems",
    "composer": "Packagist",
    "go": "Go",
    "rust": "crates.io",
    "erlang": "Hex",
    "pub": "Pub",
    "actions": "GitHub Actions",
    "swift": "SwiftURL",
}
_LEVELS = {"critical": Level.CRITICAL, "high": Level.HIGH, "medium": Level.MEDIUM, "moderate": Level.MEDIUM} | {
    "low": Level.LOW
}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    yield from json_records.records(document, lambda item: _read(item, source))


def _read(item: Object, source: str) -> Advisory:
    if "ghsa_id" not in item:
        return osv.read(item, source)
    name = as_text(item["ghsa_id"])
    if not name:
        raise Malformed("an advisory without an id")
    cve = as_text(item.get("cve_id"))
    vectors = [as_object(score).get("vector_string") for score in as_object(item.get("cvss_severities")).values()]
    vectors.append(as_object(item.get("cvss")).get("vector_string"))
    level = _LEVELS.get(as_text(item.get("severity")), Level.UNKNOWN)
    found = dict.fromkeys(Severity(source, as_text(vector), level=level) for vector in vectors if as_text(vector))
    weaknesses = [as_text(as_object(weakness).get("cwe_id")) for weakness in as_list(item.get("cwes"))]
    return Advisory(
        id=name,
        aliases=(cve,) if cve else (),
        published=as_text(item.get("published_at")),
        modified=as_text(item.get("updated_at")),
        withdrawn=as_text(item.get("withdrawn_at")),
        summary=as_text(item.get("summary")),
        severities=tuple(found) or (Severity(source, level=level),),
        weaknesses=tuple(filter(None, weaknesses)),
        references=tuple(Reference(as_text(url)) for url in as_list(item.get("references")) if as_text(url)),
        affected=tuple(_affected(as_object(part)) for part in as_list(item.get("vulnerabilities"))),
    )


def _affected(item: Object) -> Affected:
    package = as_object(item.get("package"))
    patched = item.get("first_patched_version")
    fixed = as_text(patched) or as_text(as_object(patched).get("identifier"))
    ecosystem = as_text(package.get("ecosystem")).lower()
    return Affected(
        _ECOSYSTEMS.get(ecosystem, ecosystem),
        as_text(package.get("name")),
        fixed=(fixed,) if fixed else (),
        state=FixState.FIXED if fixed else FixState.UNKNOWN,
        symbols=tuple(filter(None, map(as_text, as_list(item.get("vulnerable_functions"))))),
        requirements=(as_text(item.get("vulnerable_version_range")) or "*",),
    )
