"""What this folder offers to `assay.app.policies`."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.policy.kubernetes import loading
from assay.engines.policy.kubernetes.loading import BINDINGS, GROUP, KINDS, is_binding, is_policy
from assay.engines.policy.world import Policy
from assay.errors import AssayError, Malformed
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind


def takes(kind: GroupVersionKind) -> bool:
    """Admission policies and their bindings."""
    return kind.group == GROUP and kind.kind in (*KINDS, *BINDINGS)


def load(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]:
    """The policies among `found`, with their bindings; what cannot be loaded is a problem."""
    policies: list[Policy] = []
    problems: list[AssayError] = []
    for manifest in found:
        if is_policy(manifest.object):
            try:
                policies.append(loading.load(manifest, found))
            except AssayError as error:
                problems.append(error)
    return policies, [*problems, *_astray(found)]


def remarks(found: Sequence[Manifest]) -> list[str]:
    """Policies that are in force nowhere."""
    bound = {(_kind(item), _policy_name(item)) for item in found if is_binding(item.object)}
    return [
        f"{item.place}: {_kind(item)} {_name(item)} has no binding, so that it is in force nowhere"
        for item in found
        if is_policy(item.object) and (f"{_kind(item)}Binding", _name(item)) not in bound
    ]


def _astray(found: Sequence[Manifest]) -> list[AssayError]:
    """Bindings of policies that are not there."""
    policies = {(f"{_kind(item)}Binding", _name(item)) for item in found if is_policy(item.object)}
    return [
        Malformed(
            f"{item.place}: spec.policyName: there is no policy {_policy_name(item)!r:.80}",
            "name the file of the policy, too",
        )
        for item in found
        if is_binding(item.object) and (_kind(item), _policy_name(item)) not in policies
    ]


def _kind(item: Manifest) -> str:
    return GroupVersionKind.of(item.object).kind


def _name(item: Manifest) -> str:
    metadata = item.object.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def _policy_name(item: Manifest) -> str:
    spec = item.object.get("spec")
    return str(spec.get("policyName") or "") if isinstance(spec, dict) else ""
