"""GitLab's security reports: container scanning for images, dependency scanning for everything else (schema 15)."""

from __future__ import annotations

import hashlib

from assay import __version__
from assay.formats import json_bytes
from assay.formats.json import Json, Object
from assay.model.advisory import Level
from assay.model.component import ComponentType
from assay.model.finding import Finding, Scan
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("gitlab", "GitLab security report", (".json",), "application/json", ("15.2.1",), "15.2.1")
_LEVELS = {Level.NEGLIGIBLE: "Info", Level.NONE: "Info"}


def write(scan: Scan, options: Options) -> bytes:
    """The report."""
    image = scan.sbom.subject.type is ComponentType.CONTAINER
    kind = "container_scanning" if image else "dependency_scanning"
    tool: Json = {"id": "assay", "name": "assay", "version": __version__, "vendor": {"name": "assay"}}
    moment = scan.timestamp.removesuffix("Z")
    report: Object = {
        "version": options.version,
        "schema": f"https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{options.version}"
        f"/dist/{kind.replace('_', '-')}-report-format.json",
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": kind,
            "start_time": moment,
            "end_time": moment,
            "status": "success",
            "messages": [{"level": "warn", "value": f"{gap.ecosystem}: {gap.message}"} for gap in words.gaps(scan)],
        },
        "vulnerabilities": [_vulnerability(item, scan, image) for item in scan.findings],
        "remediations": [],
    }
    return json_bytes.dump(report)


def _vulnerability(item: Finding, scan: Scan, image: bool) -> Json:
    found, component = item.vulnerability, item.component
    key = f"{found.id} {component.id} {scan.sbom.subject.id}"
    package: Json = {"package": {"name": words.package(component)}, "version": component.version}
    location: Object = {"dependency": package}
    if image:
        system = scan.sbom.distribution
        name = f"{system.id} {system.version_id}".strip() if system is not None else "unknown"
        location |= {"image": scan.sbom.subject.name or "image", "operating_system": name}
    else:
        location["file"] = words.place(component) or "unknown"
    result: Object = {
        "id": hashlib.sha256(key.encode("utf-8", "replace")).hexdigest(),
        "name": found.summary[:255] or found.id,
        "description": f"{found.summary or found.id}\n{words.details(item)}",
        "severity": _LEVELS.get(found.level, str(found.level).capitalize()),
        "identifiers": [_identifier(name) for name in found.ids],
        "links": [{"url": reference.url} for reference in found.references[:20] if reference.url.startswith("http")],
        "location": location,
    }
    version = item.clears or (item.fixed[0] if item.fixed else "")
    if version:
        result["solution"] = f"Update {words.package(component)} to {version}."
    return result


def _identifier(name: str) -> Json:
    kind = "cve" if name.startswith("CVE-") else "ghsa" if name.startswith("GHSA-") else "assay"
    return {"type": kind, "name": name, "value": name}
