"""CSAF: ``archive_latest.txt`` and its archive at first, else all of ``index.txt``; then what ``changes.csv`` names.

::

    "2026/cve-2026-0001.json","2026-11-22T10:00:00+00:00"

CSAF 2.0, 7.1.12 (index.txt) and 7.1.13 (changes.csv); the archive is an addition of some providers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin

from assay.adapters.advisories.fetch import Fetched, Fetcher, NotThere
from assay.adapters.advisories.places.change import KEPT, Change, Settings, instant, past
from assay.adapters.advisories.places.each import Wanted, each
from assay.adapters.advisories.places.file import unpacked
from assay.adapters.advisories.update_state import Place
from assay.errors import InputError, Malformed
from assay.model.feed import Document, Download
from assay.model.sbom import Skipped

_MAX_LIST = 64 << 20


def gather(download: Download, fetcher: Fetcher, known: Place | None, settings: Settings) -> Change | None:
    """The documents that are new or changed since `known`."""
    base = download.url if download.url.endswith("/") else f"{download.url}/"
    archive = None if known and known.cursor else _archive(base, fetcher)
    cursor = known.cursor if known and known.cursor else archive[1] if archive else ""
    changed = _changed(base, fetcher, cursor, download.select)
    if not changed and archive is None:
        if cursor:
            return None
        raise InputError(f"{base} names no documents", "check the address of the CSAF provider")
    newest = past(max([cursor, *(moment for _, moment in changed)], key=instant), settings.now)
    eldest = settings.now - KEPT
    wanted = [Wanted(urljoin(base, quote(name)), name, max(eldest, instant(moment))) for name, moment in changed]

    def read(change: Change) -> Iterator[Document | Skipped]:
        if archive is not None:
            names = {name.rpartition("/")[2] for _, name, _ in wanted}
            for item in unpacked(fetcher, archive[0], download._replace(url=base)):
                if isinstance(item, Skipped) or item.name.rpartition("/")[2] not in names:
                    yield item
        yield from each(fetcher, wanted)

    return Change(Place(cursor=newest), read, whole=not (known and known.cursor))


def _archive(base: str, fetcher: Fetcher) -> tuple[Fetched, str] | None:
    """The archive of all documents and the day it is of, where the provider has one."""
    try:
        name = fetcher.bytes(urljoin(base, "archive_latest.txt"), 4096).decode("utf-8", "replace").strip()
    except NotThere:
        return None
    day = re.search(r"\d{4}-\d{2}-\d{2}", name)
    if not re.fullmatch(r"[\w.-]{1,200}", name) or day is None:
        raise Malformed(f"archive_latest.txt names {name[:80]!r}, no archive with a day in its name")
    fetched = fetcher.file(urljoin(base, name))
    assert fetched is not None
    return fetched, f"{day[0]}T00:00:00Z"


def _changed(base: str, fetcher: Fetcher, cursor: str, select: str) -> list[tuple[str, str]]:
    """The documents that are newer than the cursor, with their time."""
    try:
        text = fetcher.bytes(urljoin(base, "changes.csv"), _MAX_LIST).decode("utf-8-sig", "replace")
        rows = [(row[0], row[1]) for row in csv.reader(text.splitlines()) if len(row) >= 2]
    except csv.Error as error:
        raise Malformed(f"{base}changes.csv is damaged: {error}") from error
    except NotThere:
        text = fetcher.bytes(urljoin(base, "index.txt"), _MAX_LIST).decode("utf-8-sig", "replace")
        rows = [(line.strip(), "") for line in text.splitlines() if line.strip()]
    found, since = [], instant(cursor)
    for name, moment in rows:
        if not name.endswith(".json") or ".." in name.split("/") or "://" in name or name.startswith("/"):
            continue
        new = not cursor or not moment or instant(moment) > since
        if new and (not select or re.search(select, name)):
            found.append((name, moment))
    return found
