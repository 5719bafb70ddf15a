"""The composition root: the one place where adapters meet engines, a file per job.

What a command asks for is imported when it is asked for, so that none pays for another's job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_PLACES = {
    "cataloguing": (
        "SbomRequest",
        "analyser",
        "converted",
        "ecosystems",
        "findings_cache",
        "merged",
        "rename",
        "sbom",
        "sbom_of_purl",
        "scored",
        "together",
    ),
    "producing": ("TOOL", "content_digest", "record", "timestamp"),
    "scanning": ("ScanRequest", "advisories", "explain", "scan", "search"),
}

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


def __getattr__(name: str) -> object:
    """A name of one of the files (PEP 562)."""
    from importlib import import_module

    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{place}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
