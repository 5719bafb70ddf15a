"""Kyverno's classic policies among the languages: see `assay.app.policies` for what this file is to that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.model.policy import GroupVersionKind

if TYPE_CHECKING:
    from assay.engines.policy.world import Policy
    from assay.formats.manifest import Manifest

_KINDS = ("ClusterPolicy", "Policy", "PolicyException", "CleanupPolicy", "ClusterCleanupPolicy")


def takes(kind: GroupVersionKind) -> bool:
    """Whether objects of a kind are read here."""
    return kind.group == "kyverno.io" and kind.kind in _KINDS


def load(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]:
    """The policies among `found`, with their exceptions; what cannot be loaded is told, the others go on."""
    from assay.engines.policy.kyverno import cleanup, loading

    policies: list[Policy] = []
    problems: list[AssayError] = []
    for item in found:
        if not loading.is_policy(item.object) and not cleanup.is_policy(item.object):
            continue
        try:
            policies.append(cleanup.load(item) if cleanup.is_policy(item.object) else loading.load(item, found))
        except AssayError as error:
            problems.append(error)
    return policies, problems
