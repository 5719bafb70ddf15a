"""LISTING: an index (an HTML page, JSON or text, or a folder) names the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urljoin

from assay.adapters.advisories.fetch import Fetcher, local
from assay.errors import ExternalError
from assay.model.feed import Download, Protocol

_MAX_LIST, _MAX_LISTED = 64 << 20, 20_000


def expand(download: Download, fetcher: Fetcher) -> list[Download]:
    """The files that an index names (an HTML page, JSON or text), those of its folders too, as `Download.select` says.

    The expression is held against the path below the index, and against the bare name; folders are entered as deep
    as it has slashes.
    """
    if download.protocol is not Protocol.LISTING:
        return [download]
    wanted = re.compile(download.select)
    found: dict[str, None] = {}
    folders, seen = [download.url], {download.url}
    for _ in range(download.select.count("/") + 1):
        inner = [url for folder in folders for url in _links(folder, fetcher) if url.startswith(download.url)]
        for url in inner:
            name = unquote(url[len(download.url) :]).lstrip("/")
            if wanted.fullmatch(name) or wanted.fullmatch(name.rpartition("/")[2]):
                found[url] = None
        folders = [url for url in dict.fromkeys(inner) if url.endswith("/") and url not in seen]
        seen.update(folders)
    if not found or len(found) > _MAX_LISTED:
        raise ExternalError(f"{download.url} names {len(found)} files of this source", "update assay, or try later")
    return [Download(url, Protocol.FILE, "", download.about) for url in sorted(found)]


def _links(url: str, fetcher: Fetcher) -> Iterator[str]:
    place = local(url)
    if place is not None and place.is_dir():
        yield from (f"{url.rstrip('/')}/{item.name}{'/' if item.is_dir() else ''}" for item in sorted(place.iterdir()))
        return
    text = fetcher.bytes(url, _MAX_LIST).decode("utf-8", "replace")
    for name in _names(text):
        try:
            link = urljoin(url, name)
        except ValueError:
            continue
        yield link.partition("#")[0].partition("?")[0]


def _names(text: str) -> Iterable[str]:
    if "<a " in text or "<A " in text:
        return re.findall(r"""(?i)<a\s[^>]{0,500}?href\s*=\s*["']([^"']{1,500})["']""", text)
    if text.lstrip()[:1] in ("{", "["):
        return re.findall(r'"([^"\\\s]{1,500})"', text)
    return text.split()
