"""Package URLs (ECMA-427): ``pkg:type/namespace/name@version?qualifiers#subpath``.

This is the noun. `assay.formats.purl` parses the written form and builds normalised ones by the rules of each
type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = re.compile(r"[A-Za-z0-9._~:-]*\Z")
_ENCODED = re.compile(rb"[^A-Za-z0-9._~:-]")
_PATH_NAMES = frozenset({"git"})  # the name is the path of the repository on its host, slashes and all


class _Kept:
    """A place for the written form, which is the identity of components and asked for again and again."""

    __slots__ = ("_text",)
    _text: str


@dataclass(frozen=True, slots=True)
class Purl(_Kept):
    """A package URL whose parts are decoded; `qualifiers` are sorted by key and never empty-valued."""

    type: str
    name: str
    version: str = ""
    namespace: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    subpath: str = ""

    def __str__(self) -> str:
        text: str = getattr(self, "_text", "")
        if not text:
            text = _written(self)
            object.__setattr__(self, "_text", text)
        return text

    def qualifier(self, key: str) -> str:
        """The value of a qualifier, or an empty string."""
        return dict(self.qualifiers).get(key, "")


def _written(purl: Purl) -> str:
    name = _path(purl.name) if purl.type in _PATH_NAMES else _encode(purl.name)
    text = f"pkg:{purl.type}/{_namespace(purl.namespace)}/{name}" if purl.namespace else f"pkg:{purl.type}/{name}"
    if purl.version:
        text = f"{text}@{_encode(purl.version)}"
    if purl.qualifiers:
        text += "?" + "&".join([f"{key}={_encode(value)}" for key, value in purl.qualifiers])
    if purl.subpath:
        text += "#" + _path(purl.subpath)
    return text


def _encode(text: str) -> str:
    """Percent-encoding by the rules of ECMA-427, "Character encoding": the colon stays as it is."""
    if _PLAIN.match(text):
        return text
    data = text.encode("utf-8", "replace")
    return _ENCODED.sub(lambda match: b"%%%02X" % match[0][0], data).decode("ascii")


@lru_cache(1024)
def _namespace(text: str) -> str:
    """As `_path`, kept: a few namespaces serve thousands of packages."""
    return _path(text)


def _path(text: str) -> str:
    return "/".join(map(_encode, text.split("/"))) if "/" in text else _encode(text)
