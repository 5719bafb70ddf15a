"""What each purl type asks for: the table ``purl_types.json``, and in code what a table cannot say.

A line of the table (all keys optional)::

    "pypi": {"namespace": "prohibited", "lower": ["name", "version"], "permitted": {}, "qualifiers": []}

The functions in `ADJUST` follow the prose of the type definitions of the purl specification; each normalises
the parts in place and raises `Malformed` for what its type forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from assay.errors import Malformed


class Parts:
    """The decoded parts of a purl on their way to being normalised."""

    __slots__ = "name", "namespace", "qualifiers", "subpath", "version"

    def __init__(self, name: str, version: str, namespace: str, qualifiers: dict[str, str], subpath: str) -> None:
        self.name, self.version, self.namespace = name, version, namespace
        self.qualifiers, self.subpath = qualifiers, subpath


class Rule(NamedTuple):
    """A line of the table."""

    type: str
    namespace: str = "optional"
    lower: tuple[str, ...] = ()
    permitted: Mapping[str, re.Pattern[str]] = {}
    qualifiers: tuple[str, ...] = ()

    def check(self, parts: Parts) -> None:
        """Raise `Malformed` where a required part is missing, a prohibited one is there, or characters
        are wrong.
        """
        if self.namespace != "optional" and bool(parts.namespace) is (self.namespace == "prohibited"):
            verb = "needs" if self.namespace == "required" else "has no"
            raise Malformed(f"a {self.type} purl {verb} namespace: {parts.namespace or parts.name}")
        for key in self.qualifiers:
            if key not in parts.qualifiers:
                raise Malformed(f"a {self.type} purl needs the qualifier {key}: {parts.name}")
        for part, pattern in self.permitted.items():
            value = getattr(parts, part)
            if value and not pattern.match(value):
                raise Malformed(f"{part} of a {self.type} purl outside its permitted_characters: {value[:80]!r}")


@cache
def rules() -> Mapping[str, Rule]:
    """The table by type, read at the first purl."""
    import json
    from pathlib import Path

    table = json.loads(Path(__file__).with_name("purl_types.json").read_bytes())
    return {
        kind: Rule(
            kind,
            facts.get("namespace", "optional"),
            tuple(facts.get("lower", ())),
            {part: re.compile(pattern, re.ASCII) for part, pattern in facts.get("permitted", {}).items()},
            tuple(facts.get("qualifiers", ())),
        )
        for kind, facts in table.items()
    }


def _cocoapods(parts: Parts) -> None:
    if re.search(r"[\s+]|^\.", parts.name):
        raise Malformed(f"a pod's name holds no space or plus and does not start with a dot: {parts.name[:80]!r}")


def _cpan(parts: Parts) -> None:
    """The name is a distribution (``URI-PackageURL``), not a module (``URI::PackageURL``); author ids
    are capitals.
    """
    if "::" in parts.name:
        raise Malformed(f"a cpan purl names a distribution, not a module: {parts.name[:80]!r}")
    parts.namespace = parts.namespace.upper()


_CASELESS_HOSTS = frozenset({"github", "github.com", "bitbucket", "bitbucket.org"})


def _git(parts: Parts) -> None:
    """The namespace is the host, the name the path of the repository on it."""
    host, _, rest = f"{parts.namespace}/{parts.name}".lstrip("/").partition("/")
    path = "/".join([segment for segment in rest.split("/") if segment])
    if not parts.namespace or not path:
        raise Malformed(f"a git purl needs a host and a repository: {parts.name[:80]!r}")
    parts.namespace = host.lower()
    parts.name = path.lower() if parts.namespace in _CASELESS_HOSTS else path


def _hackage(parts: Parts) -> None:
    parts.name = re.sub(r"[_ ]", "-", parts.name)


def _mlflow(parts: Parts) -> None:
    """Databricks compares model names without case, Azure ML with it."""
    if "databricks" in parts.qualifiers.get("repository_url", "").lower():
        parts.name = parts.name.lower()


def _pub(parts: Parts) -> None:
    parts.name = re.sub(r"[^a-z0-9_]", "_", parts.name)


def _pypi(parts: Parts) -> None:
    parts.name = parts.name.replace("_", "-")


_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\Z")


def _swid(parts: Parts) -> None:
    """Namespace: the creator's name and regid; a tag id that is a GUID is lower-case."""
    if parts.namespace.count("/") > 1:
        raise Malformed(f"a swid purl has a namespace of at most two segments: {parts.namespace[:80]!r}")
    tag = parts.qualifiers.get("tag_id", "")
    if _GUID.match(tag):
        parts.qualifiers["tag_id"] = tag.lower()


def _swift(parts: Parts) -> None:
    if "/" not in parts.namespace:
        raise Malformed(f"a swift purl needs a namespace of source host and owner: {parts.name[:80]!r}")


ADJUST: Mapping[str, Callable[[Parts], None]] = {
    "cocoapods": _cocoapods,
    "cpan": _cpan,
    "git": _git,
    "hackage": _hackage,
    "mlflow": _mlflow,
    "pub": _pub,
    "pypi": _pypi,
    "swid": _swid,
    "swift": _swift,
}
"""By type, what the table cannot say."""
