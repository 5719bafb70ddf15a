"""ValidatingAdmissionPolicy and MutatingAdmissionPolicy read from manifests (v1, v1beta1, v1alpha1).

Example::

    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata: {name: replicas}
    spec:
      matchConstraints:
        resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
      validations: [{expression: "object.spec.replicas <= 5"}]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.fields import mapping, only, text, wrong
from assay.engines.policy.cel.messages import mutation_types
from assay.engines.policy.cel.requests import VARIABLES
from assay.engines.policy.cel.validations import Validations
from assay.engines.policy.kubernetes import bindings
from assay.engines.policy.kubernetes.bindings import Binding
from assay.engines.policy.kubernetes.policies import AdmissionPolicy
from assay.engines.policy.match_resources import MatchResources
from assay.engines.policy.mutations import Mutation
from assay.engines.policy.mutations import load as load_mutations
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

GROUP = "admissionregistration.k8s.io"
KINDS = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
BINDINGS = tuple(f"{kind}Binding" for kind in KINDS)
VERSIONS = ("v1", "v1beta1", "v1alpha1")
_SHARED = ("matchConstraints", "matchConditions", "variables", "failurePolicy", "paramKind")
_VALIDATING = (*_SHARED, "validations", "auditAnnotations")
_MUTATING = (*_SHARED, "mutations", "reinvocationPolicy")
_METADATA = ("apiVersion", "kind", "metadata", "spec", "status")


def is_policy(item: Object) -> bool:
    """Whether `load` reads it as a policy."""
    kind = GroupVersionKind.of(item)
    return kind.group == GROUP and kind.kind in KINDS


def is_binding(item: Object) -> bool:
    """Whether `load` takes it for a binding."""
    kind = GroupVersionKind.of(item)
    return kind.group == GROUP and kind.kind in BINDINGS


def load(
    policy: Manifest, others: Iterable[Manifest] = (), *, unbound: bool = False, listed: bool = False
) -> AdmissionPolicy:
    """The policy with those of its bindings that are among `others`.

    `unbound` lets a policy without a binding be tried everywhere, with Deny; in a cluster it would not be in force.
    `listed` is `AdmissionPolicy.listed`. Raises `Malformed` with file, line and field.
    """
    item, place = policy.object, policy.place
    kind = _known(item, place)
    spec, where = mapping(item, "spec", place), f"{place}: spec"
    validating = kind.kind == KINDS[0]
    only(spec, _VALIDATING if validating else _MUTATING, where)
    environment = _environment(not validating)
    found = _bindings(item, others, kind.kind)
    if not found and unbound:
        found = (Binding(),)
    return AdmissionPolicy(
        str(mapping(item, "metadata", place).get("name") or ""),
        MatchResources.load(mapping(spec, "matchConstraints", where), f"{where}.matchConstraints"),
        Validations.load(spec, environment, where),
        found,
        bindings.kind_of(mapping(spec, "paramKind", where), f"{where}.paramKind"),
        text(spec, "failurePolicy", where, ("Fail", "Ignore"), "Fail") == "Fail",
        () if validating else _mutations(spec, environment, where),
        text(spec, "reinvocationPolicy", where, ("Never", "IfNeeded"), "Never") == "IfNeeded",
        listed,
    )


def _mutations(spec: Object, environment: Environment, place: str) -> tuple[Mutation, ...]:
    found = load_mutations(spec, environment, place)
    if not found:
        wrong(f"{place}.mutations", "a mutating policy needs at least one mutation")
    return found


def _known(item: Object, place: str) -> GroupVersionKind:
    only(item, _METADATA, place)
    kind = GroupVersionKind.of(item)
    if kind.version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{kind.version!r:.40} is none of {', '.join(VERSIONS)}")
    return kind


def _bindings(policy: Object, others: Iterable[Manifest], kind: str) -> tuple[Binding, ...]:
    name = mapping(policy, "metadata", "").get("name")
    return tuple(
        _binding(other, kind)
        for other in others
        if GroupVersionKind.of(other.object).kind == f"{kind}Binding"
        and mapping(other.object, "spec", other.place).get("policyName") == name
    )


def _binding(manifest: Manifest, kind: str) -> Binding:
    item, place = manifest.object, manifest.place
    _known(item, place)
    name = str(mapping(item, "metadata", place).get("name") or "")
    return bindings.load(mapping(item, "spec", place), name, f"{place}: spec", kind == KINDS[0])


@cache
def _environment(mutating: bool) -> Environment:
    return Environment(VARIABLES, messages=mutation_types if mutating else None)


def all_in(manifests: Sequence[Manifest], *, unbound: bool = False) -> tuple[AdmissionPolicy, ...]:
    """All policies among `manifests`, each with its bindings among them."""
    return tuple(load(item, manifests, unbound=unbound) for item in manifests if is_policy(item.object))
