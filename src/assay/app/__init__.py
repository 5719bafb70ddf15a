"""The composition root: the one place where adapters meet engines, a file per job."""

from assay.app.cataloguing import (
    SbomRequest,
    analyser,
    converted,
    ecosystems,
    findings_cache,
    merged,
    rename,
    sbom,
    sbom_of_purl,
    scored,
    together,
)
from assay.app.producing import TOOL, content_digest, record, timestamp
from assay.app.scanning import ScanRequest, advisories, explain, scan, search

__all__ = [
    "TOOL",
    "SbomRequest",
    "ScanRequest",
    "advisories",
    "analyser",
    "content_digest",
    "converted",
    "ecosystems",
    "explain",
    "findings_cache",
    "merged",
    "record",
    "rename",
    "sbom",
    "sbom_of_purl",
    "scan",
    "scored",
    "search",
    "timestamp",
    "together",
]
