"""OSV_ZIP: what ``modified_id.csv`` (newest first) names as newer than the cursor, fetched record by record.

::

    2026-11-22T23:10:05Z,PYSEC-2026-1

``all.zip`` is fetched at first, and when more than `MANY` records changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import quote

import msgspec

from assay.adapters.advisories.fetch import Fetcher, NotThere, Validators, local
from assay.adapters.advisories.places.change import KEPT, Change, Settings, instant, past
from assay.adapters.advisories.places.each import Wanted, each
from assay.adapters.advisories.places.file import unpacked
from assay.adapters.advisories.update_state import Place
from assay.errors import Malformed
from assay.formats import typed
from assay.model.feed import Document, Download
from assay.model.sbom import Skipped

MANY = 1000
_MAX_LIST, _MAX_LINE = 64 << 20, 4096


class _Stamp(msgspec.Struct):
    modified: str = ""


_STAMP = typed.json_decoder(_Stamp)


def gather(download: Download, fetcher: Fetcher, known: Place | None, settings: Settings) -> Change | None:
    """The records that changed since `known`, or all of them."""
    base = download.url.removesuffix("/all.zip")
    if known is None or not known.cursor:
        return _zip(base, download, fetcher, known, settings.now, whole=True)
    try:
        news = _news(base, fetcher, known)
    except NotThere:
        return _zip(base, download, fetcher, known, settings.now, whole=True)
    if news is None:
        return None
    mark, names, newest = news
    if not names:
        return None
    if len(names) > MANY:
        return _zip(base, download, fetcher, None, settings.now, whole=settings.alone)
    since = max(settings.now - KEPT, instant(newest))
    wanted = [Wanted(f"{base}/{quote(name, safe='')}.json", f"{name}.json", since) for name in names]
    place = known._replace(changes=mark, cursor=past(newest, settings.now))
    return Change(place, lambda change: each(fetcher, wanted), whole=False)


def _zip(
    base: str, download: Download, fetcher: Fetcher, known: Place | None, now: datetime, *, whole: bool
) -> Change | None:
    url = f"{base}/all.zip"
    fetched = fetcher.file(url, Validators(known.etag, known.modified) if known else Validators())
    if fetched is None:
        return None

    def read(change: Change) -> Iterator[Document | Skipped]:
        newest = ""
        for item in unpacked(fetcher, fetched, download._replace(url=url)):
            if isinstance(item, Document):
                newest = max(newest, past(_modified(item.content), now))
            yield item
        change.place = change.place._replace(cursor=newest)

    return Change(Place(*fetched.validators), read, whole=whole)


def _modified(content: bytes) -> str:
    try:
        return _STAMP.decode(content).modified
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _news(base: str, fetcher: Fetcher, known: Place) -> tuple[str, list[str], str] | None:
    """Validator, ids and newest time of the list of changes; None when the list itself did not change."""
    url = f"{base}/modified_id.csv"
    place = local(url)
    if place is not None:
        return "", *_newer(iter(fetcher.bytes(url, _MAX_LIST).decode("utf-8", "replace").splitlines()), known.cursor)
    with fetcher.open(url, {"If-None-Match": known.changes} if known.changes else {}) as response:
        if response.status == 304:
            return None
        return response.headers.get("etag", ""), *_newer(_lines(response.readinto, fetcher), known.cursor)


def _lines(readinto: Callable[[memoryview], int], fetcher: Fetcher) -> Iterator[str]:
    """The lines of an answer, read only as far as they are wanted."""
    buffer, rest = memoryview(bytearray(64 << 10)), b""
    while count := readinto(buffer):
        fetcher.budget.take(count)
        *lines, rest = (rest + buffer[:count]).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
        if len(rest) > _MAX_LINE:
            raise Malformed(f"modified_id.csv has a line of more than {_MAX_LINE} bytes")
    if rest:
        yield rest.decode("utf-8", "replace")


def _newer(lines: Iterator[str], cursor: str) -> tuple[list[str], str]:
    """The ids down to the cursor (one more than `MANY` is enough to know), and the newest time."""
    names: list[str] = []
    newest = cursor
    for line in lines:
        moment, _, name = line.strip().partition(",")
        if not moment:
            continue
        if instant(moment) <= instant(cursor) or len(names) > MANY:
            break
        if not re.fullmatch(r"[\w.:+-]{1,200}", name):
            raise Malformed(f"modified_id.csv names {name[:80]!r}, which is no id")
        names.append(name)
        newest = max(newest, moment, key=instant)
    return names, newest
