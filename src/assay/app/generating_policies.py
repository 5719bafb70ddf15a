"""Kyverno's policies that generate, and those that change what exists: what they say, and how it is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.engines.policy.kyverno.policy import ClassicPolicy
from assay.engines.policy.kyverno_cel.generating import GeneratingPolicy
from assay.engines.policy.kyverno_cel.mutating import MutatingPolicy

if TYPE_CHECKING:
    from assay.engines.policy.world import Policy, World
    from assay.formats.manifest import Manifest
    from assay.model.policy import AdmissionRequest, Object, RuleResult

LABEL = "generate.kyverno.io/"
MANAGED_BY = "app.kubernetes.io/managed-by"
_MAX_LABEL = 63


class Switches(NamedTuple):
    """Whether what is generated is kept as it should be, and whether it is made for triggers that exist already."""

    synchronize: bool = False
    existing: bool = False


def generated(policy: Policy, request: AdmissionRequest, world: World) -> Sequence[RuleResult]:
    """What a policy makes for a request."""
    if isinstance(policy, ClassicPolicy) and policy.generates:
        return policy.generate(request, world)
    return policy.mutate(request, world) if isinstance(policy, GeneratingPolicy) else ()


def changed(policy: Policy, request: AdmissionRequest, world: World) -> Sequence[RuleResult]:
    """What it changes of objects that exist."""
    return policy.mutate_existing(request, world) if isinstance(policy, ClassicPolicy | MutatingPolicy) else ()


def labelled(item: Object, request: AdmissionRequest, result: RuleResult, *, owned: bool) -> Object:
    """A generated object with the labels that say of what it was made, and with its owner."""
    metadata: Any = item.get("metadata") or {}
    trigger: Any = (request.object or {}).get("metadata") or {}
    labels = {
        MANAGED_BY: "assay",
        f"{LABEL}policy-name": result.policy,
        f"{LABEL}rule-name": result.rule,
        f"{LABEL}trigger-group": request.kind.group,
        f"{LABEL}trigger-version": request.kind.version,
        f"{LABEL}trigger-kind": request.kind.kind,
        f"{LABEL}trigger-namespace": request.namespace,
        f"{LABEL}trigger-uid": str(trigger.get("uid") or ""),
    }
    kept = {key: value[:_MAX_LABEL] for key, value in labels.items()}
    about = {**metadata, "labels": {**(metadata.get("labels") or {}), **kept}}
    reachable = request.namespace in ("", metadata.get("namespace")) or request.kind.kind == "Namespace"
    if owned and trigger.get("uid") and reachable:
        owner = {"apiVersion": request.kind.api_version, "kind": request.kind.kind, "name": request.name}
        about["ownerReferences"] = [{**owner, "uid": trigger["uid"]}]
    return {**item, "metadata": about}


def is_ours(item: Object) -> bool:
    """Whether it was generated here."""
    metadata: Any = item.get("metadata") or {}
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(labels, dict) and labels.get(MANAGED_BY) == "assay" and f"{LABEL}policy-name" in labels


def label(item: Object, name: str) -> str:
    """A label that says of what it was generated."""
    metadata: Any = item.get("metadata") or {}
    return str((metadata.get("labels") or {}).get(f"{LABEL}{name}", ""))


def is_within(wanted: Any, found: Any) -> bool:
    """Whether everything that is wanted is there, whatever there is besides."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(key in found and is_within(value, found[key]) for key, value in wanted.items())
    return bool(wanted == found)


def switches(manifests: Sequence[Manifest]) -> Iterator[tuple[tuple[str, str], Switches]]:
    """How rules generate, by policy and rule; CEL policies as a whole."""
    for item in manifests:
        metadata: Any = item.object.get("metadata") or {}
        spec: Any = item.object.get("spec") or {}
        group, name = str(item.object.get("apiVersion", "")).partition("/")[0], str(metadata.get("name"))
        if group == "kyverno.io":
            for rule in spec.get("rules") or ():
                made = rule.get("generate") if isinstance(rule, dict) else None
                if isinstance(made, dict):
                    existing = made.get("generateExisting") is True or spec.get("generateExisting") is True
                    yield (name, str(rule.get("name"))), Switches(made.get("synchronize") is True, existing)
        elif group == "policies.kyverno.io" and isinstance(spec.get("evaluation"), dict):
            evaluation = spec["evaluation"]
            yield (name, ""), Switches(_enabled(evaluation, "synchronize"), _enabled(evaluation, "generateExisting"))


def changing_on_update(manifests: Sequence[Manifest]) -> frozenset[str]:
    """The names of policies that change what exists when they themselves come or change."""
    found = [item.object for item in manifests if str(item.object.get("apiVersion", "")).startswith("kyverno.io/")]
    specs: list[tuple[Any, Any]] = [(item.get("metadata") or {}, item.get("spec") or {}) for item in found]
    return frozenset(
        str(about.get("name")) for about, spec in specs if spec.get("mutateExistingOnPolicyUpdate") is True
    )


def _enabled(evaluation: Object, name: str) -> bool:
    found = evaluation.get(name)
    return isinstance(found, dict) and found.get("enabled") is True
