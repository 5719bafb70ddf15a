"""Which feed a file belongs to: by its name, else by the keys of its first record."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from assay.feeds import discover
from assay.model.feed import Feed

_KEY = re.compile(rb'"([A-Za-z_ ]{1,40})"\s*:')
_OSV = (frozenset((b"id", b"affected")), frozenset((b"id", b"modified", b"summary")))


def recognise(name: str, head: bytes) -> Feed | None:
    """The feed of a file with this name that begins with `head`; None where nobody knows it.

    OSV records of an origin that no name tells are the feed ``osv``.
    """
    base = name.rpartition("/")[2]
    feeds = discover()
    for feed in feeds:
        if any(fnmatch.fnmatchcase(base, pattern) for pattern in feed.files):
            return feed
    keys = set(_KEY.findall(head))
    by_mark = [(len(mark), feed) for feed in feeds for mark in feed.marks if _all(mark, keys)]
    if by_mark:
        return max(by_mark, key=lambda item: item[0])[1]
    if base.endswith((".json", ".jsonl", ".yaml", ".yml")) and _is_osv(head, keys):
        return _by_id(head) or next(feed for feed in feeds if feed.name == "osv")
    return None


def _all(mark: Iterable[str], keys: set[bytes]) -> bool:
    return all(word.encode() in keys for word in mark)


def _is_osv(head: bytes, keys: set[bytes]) -> bool:
    return any(mark <= keys for mark in _OSV) or (head.startswith(b"id:") and b"\naffected:" in head)


_ID = re.compile(rb'"?id"?\s*:\s*"?([A-Z]+)-')
_PREFIXES = {
    b"PYSEC": "pypa",
    b"GO": "go-vulndb",
    b"RUSTSEC": "rustsec",
    b"GHSA": "ghsa",
    b"MAL": "malicious-packages",
    b"BIT": "bitnami",
    b"ALSA": "almalinux",
    b"ALBA": "almalinux",
    b"ALEA": "almalinux",
    b"RLSA": "rocky",
    b"RXSA": "rocky",
    b"UBUNTU": "ubuntu",
    b"USN": "ubuntu",
    b"DSA": "debian",
    b"DLA": "debian",
    b"PSF": "psf",
    b"HSEC": "hackage-hsec",
    b"RSEC": "cran",
    b"JLSEC": "julia",
    b"EEF": "hex-erlef",
    b"DRUPAL": "drupal",
}


def _by_id(head: bytes) -> Feed | None:
    match = _ID.search(head)
    wanted = _PREFIXES.get(match[1]) if match else None
    return next((feed for feed in discover() if feed.name == wanted), None)
