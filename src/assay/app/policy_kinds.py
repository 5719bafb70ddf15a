"""Which kinds of a cluster are policies: assay's own, and those of the engines whose definitions are installed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from assay.app import policies
from assay.engines.policy.native.description import KINDS
from assay.model.policy import GroupVersionKind

OWN = "assay.dev"
SIGSTORE = "policy.sigstore.dev"
KUBERNETES = "admissionregistration.k8s.io"
FOREIGN = (
    "config.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "expansion.gatekeeper.sh",
    "externaldata.gatekeeper.sh",
    "kyverno.io",
    "mutations.gatekeeper.sh",
    "policies.kyverno.io",
    SIGSTORE,
    "syncset.gatekeeper.sh",
    "templates.gatekeeper.sh",
)
_SIGSTORE_KINDS = ("ClusterImagePolicy", "TrustRoot")


class Discovery(Protocol):
    """What a cluster says that it serves."""

    def versions(self, group: str) -> Collection[str]:
        """The versions of a group, the preferred one first."""
        ...

    def kinds(self, group: str, version: str) -> Collection[str]:
        """The kinds of one of them."""
        ...


def groups(enforced: Collection[str] = ()) -> tuple[str, ...]:
    """The groups of policies; the API server itself judges Kubernetes' own, unless they are to be enforced here."""
    return (OWN, *FOREIGN, *((KUBERNETES,) if "kubernetes" in enforced else ()))


def is_policy(kind: GroupVersionKind) -> bool:
    """Whether objects of a kind are read as policies, or as what belongs to them."""
    if kind.group == OWN:
        return kind.kind in KINDS
    if kind.group == SIGSTORE:
        return kind.kind in _SIGSTORE_KINDS
    return any(language.takes(kind) for language in policies.languages())


def served(discovery: Discovery, wanted: Collection[str]) -> list[GroupVersionKind]:
    """The kinds of policies in these groups, each in the first version that has it; raises `ExternalError`."""
    found: list[GroupVersionKind] = []
    for group in wanted:
        seen: set[str] = set()
        for version in discovery.versions(group):
            kinds = [GroupVersionKind(group, version, kind) for kind in discovery.kinds(group, version)]
            found += [kind for kind in kinds if kind.kind not in seen and is_policy(kind)]
            seen.update(kind.kind for kind in kinds)
    return found
