"""What is read of every policy of Kyverno in CEL: its reach, its forms, and the environment of its expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.fields import flag, mapping, only, text
from assay.engines.policy.cel.messages import mutation_types
from assay.engines.policy.kubernetes.bindings import actions
from assay.engines.policy.kyverno_cel import autogen, exceptions
from assay.engines.policy.kyverno_cel.scope import VARIABLES, Form, Scope
from assay.engines.policy.match_resources import MatchResources
from assay.formats.manifest import Manifest
from assay.model.policy import Object

_EVALUATION = (
    "mode",
    "admission",
    "background",
    "mutateExisting",
    "generateExisting",
    "synchronize",
    "orphanDownstreamOnPolicyDelete",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A policy as it is read: its spec, where it stands, and the exceptions to it."""

    item: Object
    spec: Object
    place: str
    scope: Scope
    others: tuple[Manifest, ...]

    def form(self, spec: Object, rule: str, environment: Environment) -> Form:
        """A form of the policy, with what it is excepted from."""
        return Form(rule, match_of(spec, self.place), exceptions.load(self.others, self.item, environment))

    def forms(self, convert: Callable[[Object, str], Object]) -> Iterator[tuple[str, Object]]:
        """Rule and spec: as written, and for pod controllers."""
        autogen.controllers(self.spec, self.place)
        yield "", self.spec
        if self.scope.mode == "Kubernetes":
            for variant in autogen.variants(self.spec, self.place, convert):
                yield variant.prefix, variant.spec


def scope_of(item: Object, spec: Object, place: str, namespaced: bool, everywhere: bool) -> Scope:
    """Name and reach of a policy."""
    metadata = mapping(item, "metadata", place)
    evaluation, where = mapping(spec, "evaluation", place), f"{place}.evaluation"
    only(evaluation, _EVALUATION, where)
    for field in evaluation:
        if field != "mode":
            only(mapping(evaluation, field, where), ("enabled",), f"{where}.{field}")
    only(mapping(spec, "webhookConfiguration", place), ("timeoutSeconds",), f"{place}.webhookConfiguration")
    admission = flag(mapping(evaluation, "admission", where), "enabled", f"{where}.admission", True)
    return Scope(
        str(metadata.get("name") or ""),
        str(metadata.get("namespace") or "default") if namespaced else "",
        admission or everywhere,
        text(evaluation, "mode", where, ("Kubernetes", "JSON", "HTTP", "Envoy"), "Kubernetes"),
        actions(spec, place),
        text(spec, "failurePolicy", place, ("Fail", "Ignore"), "Fail") == "Fail",
        str(item.get("kind") or ""),
    )


def match_of(spec: Object, place: str, field: str = "matchConstraints") -> MatchResources:
    """What a policy matches; versions of a resource are not taken for each other."""
    return MatchResources.load(mapping(spec, field, place), f"{place}.{field}", versions=False)


@cache
def environment_for(use: str) -> Environment:
    """The environment of a kind of policy, or of a mode."""
    from assay.engines.policy.kyverno_cel import libraries

    match use:
        case "images":
            return Environment((*VARIABLES, "images", "attestors", "attestations"), libraries.IMAGES)
        case "reference":
            return Environment(("ref", "image"), (*libraries.GO, libraries.IMAGE))
        case "mutating":
            return Environment(VARIABLES, libraries.KYVERNO, mutation_types)
        case "generating":
            return Environment(VARIABLES, libraries.GENERATING)
        case "HTTP" | "Envoy":
            return Environment(VARIABLES, libraries.AUTHORIZATION[use])
    return Environment(VARIABLES, libraries.KYVERNO)
