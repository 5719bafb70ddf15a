"""The places that sources are fetched from, one file for each `assay.model.feed.Protocol`."""

from __future__ import annotations

from typing import assert_never

from assay.adapters.advisories.fetch import Fetcher
from assay.adapters.advisories.places import csaf, file, nvd, osv
from assay.adapters.advisories.places.change import Change, Settings
from assay.adapters.advisories.places.listing import expand
from assay.adapters.advisories.update_state import Place
from assay.model.feed import Download, Protocol

__all__ = ["Change", "Settings", "expand", "gather"]


def gather(download: Download, fetcher: Fetcher, known: Place | None, settings: Settings) -> Change | None:
    """What is new at a place since `known` (all of it, where that is None); None for nothing."""
    match download.protocol:
        case Protocol.FILE | Protocol.LISTING:
            return file.gather(download, fetcher, known)
        case Protocol.OSV_ZIP:
            return osv.gather(download, fetcher, known, settings)
        case Protocol.NVD_API:
            return nvd.gather(download, fetcher, known, settings)
        case Protocol.CSAF:
            return csaf.gather(download, fetcher, known, settings)
        case _ as never:
            assert_never(never)
