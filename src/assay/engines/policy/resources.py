"""Which resource serves a kind, and whether it lives in a namespace: the discovery API, without a cluster.

`kinds.json` beside this file lists Kubernetes' own kinds; anything else is taken for a namespaced custom resource
whose plural follows the rules that ``kubectl`` guesses by (`meta.UnsafeGuessKindToResource`).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from assay.model.policy import GroupVersionKind, GroupVersionResource


class ResourceKind(NamedTuple):
    """One line of discovery."""

    resource: str
    namespaced: bool


@cache
def _table() -> dict[tuple[str, str], ResourceKind]:
    rows = json.loads(files(__package__).joinpath("kinds.json").read_bytes())
    return {
        (group, kind): ResourceKind(plural, scope == "Namespaced")
        for group, scopes in rows.items()
        for scope, kinds in scopes.items()
        for kind, plural in kinds.items()
    }


def known(group: str, kind: str) -> ResourceKind | None:
    """What Kubernetes itself serves under this group and kind."""
    return _table().get((group, kind))


def everywhere(kind: str) -> list[tuple[str, ResourceKind]]:
    """The groups of Kubernetes that serve a kind of this name, and how; ``extensions`` is served no more."""
    return [(group, row) for (group, of), row in _table().items() if of == kind and group != "extensions"]


def resource_kind(group: str, kind: str) -> ResourceKind:
    """As `known`, or the guess for a custom resource."""
    return known(group, kind) or ResourceKind(plural(kind), True)


def resource_of(kind: GroupVersionKind) -> GroupVersionResource:
    """The resource that serves `kind`."""
    return GroupVersionResource(kind.group, kind.version, resource_kind(kind.group, kind.kind).resource)


def kind_of(group: str, resource: str) -> str:
    """The kind that `resource` serves; for custom resources a word with that plural, in lower case."""
    found = next((kind for (of, kind), row in _table().items() if of == group and row.resource == resource), "")
    return found or next((word for word in _singulars(resource) if plural(word) == resource), resource)


def _singulars(resource: str) -> tuple[str, str, str]:
    return resource.removesuffix("ies") + "y", resource.removesuffix("es"), resource.removesuffix("s")


def plural(kind: str) -> str:
    """The lower-case plural of a kind, as Kubernetes guesses it."""
    word = kind.lower()
    if word.endswith("s"):
        return word + "es"
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + "s"
