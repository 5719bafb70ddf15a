"""URLs (k8s.io/apiserver/pkg/cel/library/urls.go): absolute ones, and absolute paths."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import Opaque

_URL = "kubernetes.URL"
_ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?!$)|/)[^\x00-\x1f\x7f]*")
_ESCAPED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%\w]*\]|[^\[\]\s<>\"`{}|^\\]*)(?::[0-9]*)?")


class Url(Opaque):
    """``url("https://...")``."""

    cel_type = _URL
    __slots__ = ("parts", "source")

    def __init__(self, source: str, parts: SplitResult) -> None:
        self.source, self.parts = source, parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Url) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def text(self) -> str:
        """As it was written."""
        return self.source

    plain = text

    @property
    def host(self) -> str:
        """Name and port."""
        return self.parts.netloc.rpartition("@")[2]


def _parsed(text: str) -> Url | None:
    if not _ABSOLUTE.fullmatch(text):
        return None
    try:
        found = Url(text, urlsplit(text))
    except ValueError:
        return None
    return None if _ESCAPED.search(found.parts.path) or not _HOST.fullmatch(found.host) else found


def is_url(text: str) -> bool:
    """Whether ``url(text)`` has an answer."""
    return _parsed(text) is not None


def _url(text: str) -> Url:
    found = _parsed(text)
    if found is None:
        raise Untold(f"URL parse error during conversion from string: {text!r:.80}")
    return found


def _hostname(value: Url) -> str:
    host = value.host
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _port(value: Url) -> str:
    return value.host.rpartition("]")[2].partition(":")[2]


URLS = Library(
    "urls",
    {
        f"url(string): {_URL}": _url,
        "isURL(string): bool": is_url,
        f"{_URL} -> getScheme(): string": lambda value: value.parts.scheme,
        f"{_URL} -> getHost(): string": lambda value: value.host,
        f"{_URL} -> getHostname(): string": _hostname,
        f"{_URL} -> getPort(): string": _port,
        f"{_URL} -> getEscapedPath(): string": lambda value: quote(value.parts.path, safe="/%$&+,:;=@!'()*~"),
        f"{_URL} -> getQuery(): map": lambda value: parse_qs(value.parts.query, keep_blank_values=True),
    },
)
