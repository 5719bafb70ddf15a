"""Kinds as policies write them: ``Pod``, ``v1/Pod``, ``apps/v1/Deployment``, ``Pod/exec``, ``*/*``, with wildcards."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from assay.engines.policy import wildcards
from assay.errors import Malformed
from assay.model.policy import GroupVersionKind

_VERSION = re.compile(r"v[0-9*][0-9a-z*]*|\*")


class KindSelector(NamedTuple):
    """Patterns for each part; `sub_resource` is empty for the resource itself."""

    group: str
    version: str
    kind: str
    sub_resource: str

    def takes(self, kind: GroupVersionKind, sub_resource: str, *, ephemeral: bool = True) -> bool:
        """Whether it takes a request; a Pod's ephemeral containers go with the Pod unless `ephemeral` is off."""
        return (
            wildcards.match(self.kind, kind.kind)
            and wildcards.match(self.group, kind.group)
            and wildcards.match(self.version, kind.version)
            and (
                (wildcards.match(self.sub_resource, sub_resource) if self.sub_resource else not sub_resource)
                or (ephemeral and kind.kind == "Pod" and sub_resource == "ephemeralcontainers")
            )
        )


@lru_cache(2048)
def parse(text: str) -> KindSelector:
    """Raises `Malformed` for what is no kind."""
    parts = text.split("/")
    if len(parts) > 4 or not all(parts):
        raise Malformed(f"{text!r:.80} is no kind", "write KIND, VERSION/KIND or GROUP/VERSION/KIND")
    last, dot, sub = parts[-1].partition(".")
    if dot and last[:1].isupper():
        parts = [*parts[:-1], last, sub]
    match parts:
        case [kind]:
            return KindSelector("*", "*", kind, "")
        case ["*", "*"]:
            return KindSelector("*", "*", "*", "*")
        case [version, kind] if _VERSION.fullmatch(version):
            return KindSelector("*", version, kind, "")
        case [kind, sub]:
            return KindSelector("*", "*", kind, sub)
        case [group, version, kind] if _VERSION.fullmatch(version):
            return KindSelector(group, version, kind, "")
        case [version, kind, sub]:
            return KindSelector("*", version, kind, sub)
    return KindSelector(*parts)


def any_takes(kinds: list[str], kind: GroupVersionKind, sub_resource: str) -> bool:
    """Whether one of `kinds` takes the request."""
    return any(parse(text).takes(kind, sub_resource) for text in kinds)


def names_pod(kinds: list[str]) -> bool:
    """Whether ``Pod`` is among `kinds`."""
    return any(parse(kind).kind == "Pod" and not parse(kind).sub_resource for kind in kinds)
