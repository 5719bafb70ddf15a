"""What this folder offers to `assay.app.policies`."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.policy.kyverno_cel import loading
from assay.engines.policy.kyverno_cel.exceptions import check
from assay.engines.policy.kyverno_cel.loading import GROUP, KINDS, is_exception, is_policy
from assay.engines.policy.world import Policy
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind


def takes(kind: GroupVersionKind) -> bool:
    """Kyverno's policies in CEL, and the exceptions to them."""
    return kind.group == GROUP and kind.kind in (*KINDS, "PolicyException")


def load(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]:
    """The policies among `found`, with the exceptions to them; what cannot be loaded is a problem.

    An exception that cannot be read is left out, so that it excepts nothing.
    """
    policies: list[Policy] = []
    problems: list[AssayError] = []
    exceptions = [item for item in found if is_exception(item.object) and _good(item, problems)]
    for manifest in found:
        if is_policy(manifest.object):
            try:
                policies.append(loading.load(manifest, exceptions))
            except AssayError as error:
                problems.append(error)
    return policies, problems


def _good(item: Manifest, problems: list[AssayError]) -> bool:
    try:
        check(item)
    except AssayError as error:
        problems.append(error)
        return False
    return True


def remarks(found: Sequence[Manifest]) -> list[str]:
    """Exceptions to policies that are not there."""
    names = {_name(item) for item in found if is_policy(item.object)}
    return [
        f"{item.place}: the exception is to {reference!r:.80}, which is not there"
        for item in found
        if is_exception(item.object)
        for reference in _references(item)
        if reference not in names
    ]


def _references(item: Manifest) -> list[str]:
    spec = item.object.get("spec")
    found = spec.get("policyRefs") if isinstance(spec, dict) else None
    return [str(one.get("name")) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _name(item: Manifest) -> str:
    metadata = item.object.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""
