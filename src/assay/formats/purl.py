"""Package URLs written and read by the rules of each type (ECMA-427 and the purl type definitions).

::

    pkg:npm/%40babel/core@7.24.0?repository_url=https:%2F%2Fnpm.example#lib/index.js
    scheme:type/namespace/name@version?qualifiers#subpath

What all types share is in the standard: sections "Rules for each purl component", "Character encoding", "How
to build" and "How to parse". What differs (namespace required or prohibited, letters lower-cased, permitted
characters, required qualifiers) is the table ``purl_types.json``, made by ``tools/purl_types.py``; what a
table cannot say is in `assay.formats.purl_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from assay.errors import LimitExceeded, Malformed
from assay.formats.purl_rules import ADJUST, Parts, rules
from assay.model.purl import Purl

MAX_LENGTH = 64 << 10
_KEPT = 16_384
_KEPT_LENGTH = 300

_TYPE = re.compile(r"[a-z][a-z0-9.-]*\Z")
_KEY = re.compile(r"[a-z][a-z0-9._-]*\Z")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_STANDARD_KEYS = frozenset({"repository_url", "download_url", "vcs_url", "file_name", "checksum", "vers"})


def build(
    type_: str,
    name: str,
    version: str = "",
    namespace: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> Purl:
    """A normalised purl; raises `assay.errors.Malformed` for what its type forbids."""
    if not qualifiers and len(name) + len(version) + len(namespace) + len(subpath) <= _KEPT_LENGTH:
        return _bare(type_, name, version, namespace, subpath)
    parts = Parts(name.strip("/"), version, _segments(namespace), _qualifiers(qualifiers), _subpath(subpath))
    return _finish(_kind(type_), parts)


@lru_cache(_KEPT)
def _bare(type_: str, name: str, version: str, namespace: str, subpath: str) -> Purl:
    """A purl without qualifiers, kept: a lock file, the lock of what is installed and the package itself name one."""
    return _finish(_kind(type_), Parts(name.strip("/"), version, _segments(namespace), {}, _subpath(subpath)))


@lru_cache(64)
def _kind(type_: str) -> str:
    kind = type_.lower()
    if not _TYPE.match(kind):
        raise Malformed(f"not a purl type: {type_[:80]!r}")
    return kind


def attempt(
    type_: str,
    name: str,
    version: str = "",
    namespace: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> Purl | None:
    """As `build`, None where the type forbids it: for packages that have no purl (a private one without
    a vendor).
    """
    try:
        return build(type_, name, version, namespace, qualifiers, subpath)
    except Malformed:
        return None


def parse(text: str) -> Purl:
    """The purl that `text` writes, normalised; raises `assay.errors.Malformed` for what the standard
    refuses.
    """
    return _finish(*_split(text))


def read(text: str) -> Purl | None:
    """The purl in a document of somebody else's: as `parse`, but what its type asks for need not be there.

    ``pkg:deb/curl@7.88`` (without the namespace) is common, and better kept than lost. None for what is no
    purl.
    """
    try:
        kind, parts = _split(text)
        return _finish(kind, parts, lenient=True) if parts.name else None
    except Malformed:
        return None


def _split(text: str) -> tuple[str, Parts]:
    """The type and the decoded parts ("How to parse", from right to left)."""
    if len(text) > MAX_LENGTH:
        raise LimitExceeded(f"purl of {len(text)} characters (at most {MAX_LENGTH})")
    rest, _, subpath = _split_right(text, "#") if "#" in text else (text, "", "")
    rest, _, qualifiers = _split_right(rest, "?") if "?" in rest else (rest, "", "")
    scheme, colon, rest = rest.partition(":")
    if not colon or (scheme != "pkg" and scheme.lower() != "pkg"):
        raise Malformed(f"not a purl, it must start with 'pkg:': {text[:80]!r}")
    kind, _, path = rest.lstrip("/").partition("/")
    if kind not in rules() and not _TYPE.match(kind.lower()):
        raise Malformed(f"not a purl type: {kind[:80]!r}")
    path, version = _split_version(path)
    space, _, name = path.strip("/").rpartition("/")
    parts = Parts(
        _decode(name).strip("/"),
        _decode(version),
        "/".join([_segment(segment) for segment in space.split("/") if segment]) if space else "",
        _read_qualifiers(qualifiers) if qualifiers else {},
        _subpath("/".join([_segment(segment) for segment in subpath.split("/")])) if subpath else "",
    )
    return kind.lower(), parts


def _finish(kind: str, parts: Parts, *, lenient: bool = False) -> Purl:
    """Apply the rules of the type, then check what must hold for it."""
    rule = rules().get(kind)
    if rule is not None:
        for part in rule.lower:
            setattr(parts, part, getattr(parts, part).lower())
    try:
        if kind in ADJUST:
            ADJUST[kind](parts)
        if not parts.name:
            raise Malformed(f"a {kind} purl needs a name")
        if rule is not None:
            rule.check(parts)
    except Malformed:
        if not lenient:
            raise
    qualifiers = tuple(sorted(parts.qualifiers.items())) if parts.qualifiers else ()
    return Purl(kind, parts.name, parts.version, parts.namespace, qualifiers, parts.subpath)


def _split_right(text: str, separator: str) -> tuple[str, str, str]:
    """As `str.rpartition`, with everything on the left where the separator is missing."""
    left, found, right = text.rpartition(separator)
    return (left, found, right) if found else (text, "", "")


def _split_version(path: str) -> tuple[str, str]:
    """The part before the last ``@`` and that after it; ``@scope/name`` (an npm scope left unencoded)
    has no version.
    """
    left, at, version = path.rpartition("@")
    if not at or ((not left or left.endswith("/")) and "/" in version.strip("/")):
        return path, ""
    return left, version


def _segments(namespace: str) -> str:
    namespace = namespace.strip("/")
    if "//" in namespace:
        namespace = "/".join([segment for segment in namespace.split("/") if segment])
    return namespace


def _subpath(subpath: str) -> str:
    if not subpath:
        return ""
    return "/".join([segment for segment in subpath.split("/") if segment not in ("", ".", "..")])


def _qualifiers(given: Mapping[str, str] | None) -> dict[str, str]:
    if not given:
        return {}
    return {_key(key): value for key, value in given.items() if value}


def _read_qualifiers(text: str) -> dict[str, str]:
    """The pairs of a query; one without a value is the same as none (ECMA-427, "qualifiers")."""
    found: dict[str, str] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        key = _key(key)
        if key in found:
            raise Malformed(f"qualifier {key!r} twice in a purl")
        if value:
            found[key] = _decode(value)
    return found


@lru_cache(256)
def _key(key: str) -> str:
    """A valid qualifier key. Keys are lower-case; those the standard itself names are read in any case."""
    if _KEY.match(key):
        return key
    if key.lower() in _STANDARD_KEYS:
        return key.lower()
    raise Malformed(f"not a purl qualifier key: {key[:80]!r}")


def _segment(text: str) -> str:
    segment = _decode(text)
    if "/" in segment:
        raise Malformed(f"an encoded slash within a segment of a purl: {text[:80]!r}")
    return segment


def _decode(text: str) -> str:
    """Percent-decoding; a ``%`` that starts no escape stays as it is."""
    if "%" not in text:
        return text
    try:
        return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode("utf-8")).decode("utf-8")
    except UnicodeError as error:
        raise Malformed(f"a purl that is not UTF-8: {text[:80]!r}") from error
