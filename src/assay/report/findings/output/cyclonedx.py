"""CycloneDX with ``vulnerabilities``: the SBOM, and what is wrong with its components."""

from __future__ import annotations

from dataclasses import replace

from assay.formats import json_bytes
from assay.formats.cyclonedx.document_writer import build
from assay.formats.json import Json, Object
from assay.model.component import Property
from assay.model.finding import Scan
from assay.report.findings import words
from assay.report.findings.cyclonedx_vulnerability import vulnerabilities
from assay.report.findings.format import Format, Options

FORMAT = Format(
    "cyclonedx",
    "CycloneDX JSON with vulnerabilities",
    (".cdx.json",),
    "application/vnd.cyclonedx+json",
    ("1.4", "1.5", "1.6", "1.7"),
    "1.7",
)


def write(scan: Scan, options: Options) -> bytes:
    """The document; what is not covered is said in properties."""
    gaps = tuple(Property("assay:coverage", line) for line in words.gap_lines(scan))
    data = Property("assay:advisories", scan.manifest)
    sbom = replace(scan.sbom, timestamp=scan.timestamp, properties=(*scan.sbom.properties, data, *gaps))
    document, _ = build(sbom, options.version)
    found: list[Json] = list(vulnerabilities(scan, options.version, lambda name: name))
    whole: Object = {**document, "vulnerabilities": found}
    return json_bytes.dump(whole)
