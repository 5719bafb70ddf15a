"""References to images in registries: ``[HOST[:PORT]/]PATH[:TAG][@DIGEST]``.

::

    debian                              docker.io/library/debian:latest
    registry.example:5000/team/app:1.2
    localhost/app@sha256:9f86d0...

A first part is a host where it has a dot or a port or is ``localhost``; the grammar of paths and tags is that of the
OCI distribution specification 1.1, "Pulling manifests".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assay.errors import InputError
from assay.formats import digest

_DEFAULT_HOST = "docker.io"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(?::([0-9]{1,5}))?")
_PART = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_MAX = 1024
_REMEDY = "images are written HOST/NAME:TAG or HOST/NAME@DIGEST, names in lower case"


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image in a registry; `tag` is empty where only a digest is given."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """``docker.io/library/debian``."""
        return f"{self.host}/{self.repository}"

    @property
    def target(self) -> str:
        """What to ask the registry for: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")


@lru_cache(2048)
def parse(text: str) -> ImageReference:
    """The reference that `text` writes; raises `InputError` for what is none."""
    if len(text) > _MAX:
        raise InputError(f"image reference of {len(text)} characters (at most {_MAX})", _REMEDY)
    rest, at, hashed = text.partition("@")
    path, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        path, tag = rest, ""
        colon = ""
    host, path = _host(path)
    parts = path.split("/")
    if not all(_PART.fullmatch(part) for part in parts) or len(path) > 255 or (colon and not is_tag(tag)):
        raise InputError(f"{text!r} is no image reference", _REMEDY)
    if at:
        found = digest.find(hashed) if ":" in hashed else None
        if found is None:
            raise InputError(f"{text!r} is no image reference: after @ comes a digest", _REMEDY)
        hashed = str(found)
    return ImageReference(host, path, tag or ("" if hashed else "latest"), hashed)


def _host(path: str) -> tuple[str, str]:
    """The registry and the repository, docker.io and its ``library/`` where nothing else is said."""
    first, slash, rest = path.partition("/")
    named = slash and (any(mark in first for mark in ".:[") or first == "localhost")
    if not named:
        return _DEFAULT_HOST, path if slash else f"library/{path}"
    if first in (".", ".."):
        raise InputError(f"{path!r} is a path, and no image reference", _REMEDY)
    found = _HOST.fullmatch(first)
    if found is None or not 0 < int(found[2] or 1) < 65_536:
        raise InputError(f"{first!r} is no registry host", _REMEDY)
    host = first.lower()
    if host == "index.docker.io":
        host = _DEFAULT_HOST
    return host, f"library/{rest}" if host == _DEFAULT_HOST and "/" not in rest else rest


def is_tag(text: str) -> bool:
    """Whether `text` may be a tag."""
    return _TAG.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Whether `text` may name an image in a registry."""
    try:
        parse(text)
    except InputError:
        return False
    return True
