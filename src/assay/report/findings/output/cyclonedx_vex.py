"""CycloneDX VEX: the vulnerabilities alone, linked to the SBOM they are about by BOM-Link."""

from __future__ import annotations

from urllib.parse import quote

from assay.formats import json_bytes
from assay.formats.cyclonedx.document_writer import build
from assay.formats.json import Json, Object, as_text
from assay.model.finding import Scan
from assay.report.findings import words
from assay.report.findings.cyclonedx_vulnerability import vulnerabilities
from assay.report.findings.format import Format, Options

FORMAT = Format(
    "cyclonedx-vex",
    "CycloneDX VEX",
    (".vex.cdx.json",),
    "application/vnd.cyclonedx+json",
    ("1.4", "1.5", "1.6", "1.7"),
    "1.7",
)


def write(scan: Scan, options: Options) -> bytes:
    """The document."""
    document, _ = build(scan.sbom, options.version)
    serial = as_text(document.get("serialNumber")).removeprefix("urn:uuid:")
    found: list[Json] = list(
        vulnerabilities(scan, options.version, lambda name: f"urn:cdx:{serial}/1#{quote(name, safe='')}")
    )
    metadata: Object = {"timestamp": scan.timestamp} if scan.timestamp else {}
    gaps: list[Json] = [{"name": "assay:coverage", "value": line} for line in words.gap_lines(scan)]
    if gaps:
        metadata["properties"] = gaps
    whole: Object = {
        "$schema": document["$schema"],
        "bomFormat": "CycloneDX",
        "specVersion": options.version,
        "version": 1,
        "metadata": metadata,
        "vulnerabilities": found,
    }
    return json_bytes.dump(whole)
