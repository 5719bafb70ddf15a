"""Image references as AssignImage takes them apart: domain, path, and tag or digest with its sign."""

from __future__ import annotations

import re
from typing import NamedTuple

from assay.errors import Malformed

_DOMAIN = re.compile(r"(\w[\w\-_]*\.[\w\-_.]*[\w](:[0-9]+)?)|(localhost(:[0-9]+)?)", re.ASCII)
_PATH = re.compile(r"[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(
    r"(:\w[\w.-]{0,127})|(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9A-Fa-f]{32,})", re.ASCII
)
MAX_LENGTH = 512


class ImageParts(NamedTuple):
    """``domain/path:tag``; a part that is not there is empty."""

    domain: str = ""
    path: str = ""
    tag: str = ""

    def replaced(self, new: ImageParts) -> ImageParts:
        """With the parts that `new` has."""
        return ImageParts(new.domain or self.domain, new.path or self.path, new.tag or self.tag)

    def __str__(self) -> str:
        return (f"{self.domain}/" if self.domain else "") + self.path + self.tag


def split(reference: str) -> ImageParts:
    """The parts of `reference`; what comes before the first slash is a domain if it looks like one."""
    first, slash, rest = reference.partition("/")
    domain = first if slash and ("." in first or ":" in first or first == "localhost") else ""
    remainder = rest if domain else reference
    at = min((place for sign in ":@" if (place := remainder.find(sign)) >= 0), default=len(remainder))
    return ImageParts(domain, remainder[:at], remainder[at:])


def check(parts: ImageParts) -> None:
    """Raises `Malformed` for parts that would not come out the same when they are taken apart again."""
    if not any(parts):
        raise Malformed("none of assignDomain, assignPath and assignTag is there")
    if any(len(part) > MAX_LENGTH for part in parts):
        raise Malformed(f"a part of an image of over {MAX_LENGTH} characters")
    if parts.domain and not _DOMAIN.fullmatch(parts.domain):
        raise Malformed(f"assignDomain {parts.domain!r:.80} is no domain")
    if parts.path and not _PATH.fullmatch(parts.path):
        raise Malformed(f"assignPath {parts.path!r:.80} is no path")
    if parts.tag and not _TAG.fullmatch(parts.tag):
        raise Malformed(f"assignTag {parts.tag!r:.80} is neither :TAG nor @DIGEST")
    if parts.path and not parts.domain and split(parts.path).domain:
        raise Malformed(f"assignPath {parts.path!r:.80} looks like a domain, and assignDomain is not there")
