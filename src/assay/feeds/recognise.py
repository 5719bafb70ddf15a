"""Which feed a file belongs to: by its name, the ids of its OSV records, the keys of its first record, or its head.

The first record is the object that a file is or begins with, or the first of the array it holds. In YAML only the keys
without indentation count.
"""

from __future__ import annotations

import fnmatch
import re
from typing import NamedTuple

from assay.feeds import discover
from assay.model.feed import Feed

_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"(\s*:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
_YAML_KEY = re.compile(rb"^([A-Za-z_]\w*):[ \t]*(\S*)", re.MULTILINE)
_OSV = (frozenset(("id", "affected")), frozenset(("id", "modified")), frozenset(("schema_version", "affected")))


class _First(NamedTuple):
    """What the head of a file shows: the keys of the first record, those at any depth, and its ``id``."""

    keys: frozenset[str]
    all_keys: frozenset[str]
    id: str = ""


def recognise(name: str, head: bytes) -> Feed | None:
    """The feed of a file with this name that begins with `head`; None where nobody knows it.

    OSV records of an origin that neither name nor id tells are the feed ``osv``.
    """
    base = name.rpartition("/")[2]
    feeds = discover()
    for feed in feeds:
        if any(fnmatch.fnmatchcase(base, pattern) for pattern in feed.files):
            return feed
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    first = _json(head) if is_json else _yaml(head)
    if any(mark <= first.keys for mark in _OSV):
        return _by_id(first.id) or next(feed for feed in feeds if feed.name == "osv")
    by_mark = [(len(mark), feed) for feed in feeds for mark in feed.marks if mark <= first.all_keys]
    if by_mark:
        return max(by_mark, key=lambda item: (item[0], _told(item[1], head)))[1]
    return None if is_json else next((feed for feed in feeds if _told(feed, head) > 0), None)


def _told(feed: Feed, head: bytes) -> int:
    """1 where the head of a file names a feed, -1 where a file of the feed would and this one does not, else 0."""
    return 0 if not feed.heads else 1 if any(text.encode() in head for text in feed.heads) else -1


def _by_id(text: str) -> Feed | None:
    return next((feed for feed in discover() if text.startswith(feed.ids or ("\0",))), None)


def _json(head: bytes) -> _First:
    keys: set[str] = set()
    all_keys: set[str] = set()
    name, depth, outer, last = "", 0, 0, ""
    for match in _TOKEN.finditer(head):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
            outer = outer or (depth if token == b"{" else 0)
        elif token in (b"}", b"]"):
            depth -= 1
            if outer and depth < outer:
                break
        elif match[2] is not None:
            last = match[1].decode("utf-8", "replace")
            all_keys.add(last)
            if depth == outer:
                keys.add(last)
        elif depth == outer and last == "id" and not name:
            name = match[1].decode("utf-8", "replace")
    return _First(frozenset(keys), frozenset(all_keys), name)


def _yaml(head: bytes) -> _First:
    found = [(key.decode(), value.decode("utf-8", "replace")) for key, value in _YAML_KEY.findall(head)]
    keys = frozenset(key for key, _ in found)
    return _First(keys, keys, next((value.strip("'\"") for key, value in found if key == "id"), ""))
