"""Bindings: where a policy is in force, and the parameters that it is evaluated with there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.fields import Object, mapping, only, text, texts, wrong
from assay.engines.policy.match_resources import MatchResources, labels, selector
from assay.engines.policy.resources import resource_kind
from assay.engines.policy.selectors import Selector, selects
from assay.engines.policy.world import World
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind

_ACTIONS = {"Deny": Action.DENY, "Warn": Action.WARN, "Audit": Action.AUDIT}
_STRENGTH = (Action.DENY, Action.WARN, Action.AUDIT)


@dataclass(frozen=True, slots=True)
class Parameters:
    """``paramRef``: one object by name, or those that a selector takes."""

    name: str = ""
    namespace: str = ""
    selector: Selector | None = None
    deny_missing: bool = True


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding, or what stands in for one where a policy is tried without."""

    name: str = ""
    match: MatchResources = field(default_factory=MatchResources)
    actions: tuple[Action, ...] = (Action.DENY,)
    parameters: Parameters | None = None

    @property
    def action(self) -> Action:
        """The strongest of its actions."""
        return next(action for action in _STRENGTH if action in self.actions)


def load(spec: Object, name: str, place: str, validating: bool) -> Binding:
    """The spec of a binding; raises `Malformed` with the place of what is wrong."""
    known = ("policyName", "paramRef", "matchResources", *(("validationActions",) if validating else ()))
    only(spec, known, place)
    return Binding(
        name,
        MatchResources.load(mapping(spec, "matchResources", place), f"{place}.matchResources"),
        actions(spec, place),
        _parameters(mapping(spec, "paramRef", place), f"{place}.paramRef") if spec.get("paramRef") else None,
    )


def actions(spec: Object, place: str) -> tuple[Action, ...]:
    """``validationActions``; Deny where there are none."""
    found = texts(spec, "validationActions", place)
    for action in found:
        if action not in _ACTIONS:
            wrong(f"{place}.validationActions", f"{action!r:.40} is none of {', '.join(_ACTIONS)}")
    return tuple(_ACTIONS[action] for action in found) or (Action.DENY,)


def _parameters(value: Object, place: str) -> Parameters:
    only(value, ("name", "namespace", "selector", "parameterNotFoundAction"), place)
    found = Parameters(
        text(value, "name", place),
        text(value, "namespace", place),
        selector(value, "selector", place),
        text(value, "parameterNotFoundAction", place, ("Allow", "Deny"), "Deny") == "Deny",
    )
    if found.name and found.selector is not None:
        wrong(place, "name and selector exclude each other")
    return found


def kind_of(value: Object, place: str) -> GroupVersionKind | None:
    """``paramKind``."""
    if not value:
        return None
    only(value, ("apiVersion", "kind"), place)
    return GroupVersionKind.of({"apiVersion": text(value, "apiVersion", place), "kind": text(value, "kind", place)})


def parameters(
    kind: GroupVersionKind, reference: Parameters, request: AdmissionRequest, world: World
) -> Sequence[Object]:
    """The objects that the reference names; raises `Untold` where there are none and there should be some."""
    if world.cluster is None:
        raise Untold("the parameters of the policy need a cluster to look them up")
    namespace = ""
    if resource_kind(kind.group, kind.kind).namespaced:
        namespace = reference.namespace or request.namespace
    if reference.name:
        one = world.cluster.get(kind, namespace, reference.name)
        found = [one] if one is not None else []
    else:
        found = [item for item in world.cluster.list(kind, namespace) if selects(reference.selector, labels(item))]
    if not found and reference.deny_missing:
        raise Untold(f"no {kind.kind} is there for the parameters {reference.name or 'selected'}")
    return found
