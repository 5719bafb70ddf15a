"""NVD_API: all pages at first, then those of what was modified since (https://nvd.nist.gov/developers/vulnerabilities).

::

    {"resultsPerPage": 2000, "startIndex": 0, "totalResults": 310000, "timestamp": "2026-11-23T02:00:00.000",
     "vulnerabilities": [{"cve": {"id": "CVE-2021-44228", ...}}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from assay.adapters.advisories.fetch import Fetcher
from assay.adapters.advisories.places.change import KEPT, Change, Settings, instant
from assay.adapters.advisories.update_state import Place
from assay.errors import Malformed
from assay.formats.json import as_text, load_object
from assay.model.feed import Document, Download
from assay.model.sbom import Skipped

_MAX_PAGE = 256 << 20
_PAGE = 2000
_WINDOW = timedelta(days=119)


def gather(download: Download, fetcher: Fetcher, known: Place | None, settings: Settings) -> Change | None:
    """The pages of all records, or of those modified since `known`."""
    since = instant(known.cursor) if known and known.cursor else None
    if since is None or settings.now - since > _WINDOW:
        query, since = "", None
    else:
        start, end = (moment.strftime("%Y-%m-%dT%H:%M:%S.000") for moment in (since, settings.now))
        query = f"lastModStartDate={quote(start)}&lastModEndDate={quote(end)}&"
    pages, stamp = _pages(f"{download.url}?{query}resultsPerPage={_PAGE}", fetcher, settings)
    if since is not None and not pages:
        return None

    def read(change: Change) -> Iterator[Document | Skipped]:
        for url, path in pages:
            yield Document(f"nvdcve-{url.rpartition('=')[2]}.json", path.read_bytes())
        for url, _ in pages:
            fetcher.forget(url)

    return Change(Place(cursor=stamp), read, whole=since is None)


def _pages(url: str, fetcher: Fetcher, settings: Settings) -> tuple[list[tuple[str, Path]], str]:
    """The pages as files, with the time that the first one tells; those of a broken run are taken as they are."""
    pages: list[tuple[str, Path]] = []
    at, total, stamp = 0, 1, ""
    while at < total:
        page = f"{url}&startIndex={at}"
        path = fetcher.kept(page, settings.now - KEPT)
        if path is None:
            if at:
                fetcher.budget.wait(settings.pause)
            fetched = fetcher.file(page, limit=_MAX_PAGE)
            assert fetched is not None
            path = fetched.path
        value = load_object(path.read_bytes())
        count, total = _number(value.get("resultsPerPage")), _number(value.get("totalResults"))
        if total < 0 or count < 0 or (at < total and not count):
            fetcher.forget(page)
            raise Malformed(f"the NVD's page from {at} on is not of the expected form")
        if total:
            pages.append((page, path))
        stamp = stamp or as_text(value.get("timestamp"))
        at += count or 1
    return pages, stamp


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
