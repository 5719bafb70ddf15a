"""MutatingPolicy: patches of the object asked about, or of objects that exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assay.engines.policy.cel.environment import Program
from assay.engines.policy.cel.faults import FAULTS, Untold
from assay.engines.policy.cel.validations import Named, Validations, holds
from assay.engines.policy.cel.values import Value, plain
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.kyverno_cel.scope import Form, bind, skipped
from assay.engines.policy.kyverno_cel.scoped import Scoped
from assay.engines.policy.match_resources import MatchResources
from assay.engines.policy.mutations import Mutation
from assay.engines.policy.resources import kind_of, resource_of
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, Operation, Outcome, RuleResult


@dataclass(frozen=True, slots=True)
class MutatingForm:
    """A form with its expressions."""

    form: Form
    checks: Validations
    mutations: tuple[Mutation, ...]


@dataclass(frozen=True, slots=True)
class Targets:
    """``targetMatchConstraints``: the objects that exist and are to be mutated."""

    match: MatchResources
    conditions: tuple[Named, ...] = ()
    program: Program | None = None
    """The expression that gives them: a list of Kubernetes (``items``), or one object."""


@dataclass(frozen=True, slots=True)
class MutatingPolicy(Scoped):
    """All forms of a policy."""

    forms: tuple[MutatingForm, ...]
    targets: Targets | None = None
    reinvoked: bool = False
    """Whether it is asked again after later policies changed the object (``reinvocationPolicy: IfNeeded``)."""

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """One result, of the form that takes the request; `mutate_existing` is for policies with targets."""
        if self.targets is not None or request.object is None or not self.scope.takes(request):
            return ()
        return self.first(self.forms, request, world, lambda found: self._changed(found, found.checks, request, world))

    def mutate_existing(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """A result for each target that exists, if the request is one that triggers the policy."""
        if self.targets is None or not self.scope.takes(request):
            return ()
        try:
            return tuple(self._existing(request, world))
        except FAULTS as error:
            return (self.scope.result(Outcome.ERROR, str(error)),)

    def judge_payload(self, value: object, world: World) -> tuple[RuleResult, ...]:
        """The document as the mutations leave it; for the mode JSON."""
        if self.scope.mode == "Kubernetes" or not isinstance(value, dict):
            return ()
        request = about(value, Operation.CREATE)
        return self.payload_result(lambda: self._changed(self.forms[0], self.forms[0].checks, request, world))

    def _existing(self, request: AdmissionRequest, world: World) -> Iterator[RuleResult]:
        found, targets = self.forms[0], self.targets
        assert targets is not None
        context = self.scope.context(world)
        if not found.form.match.takes(request, world):
            return
        bindings = found.checks.bind(bind(request, world), context)
        if not found.checks.matches(bindings, context):
            return
        program = targets.program
        items = _listed(targets.match, world) if program is None else _given(program.evaluate(bindings, context))
        unconditional = replace(found.checks, conditions=targets.conditions)
        for item in items:
            target = about(item, Operation.UPDATE)
            if targets.match.takes(target, world):
                result = self._changed(found, unconditional, target, world)
                if result is not None:
                    yield result

    def _changed(
        self, found: MutatingForm, checks: Validations, request: AdmissionRequest, world: World
    ) -> RuleResult | None:
        context, bindings = self.scope.context(world), bind(request, world)
        bound = checks.bind(bindings, context)
        if not self.meets(lambda: holds(checks.conditions, bound, context)):
            return None
        excepted = found.form.excepted(bindings, context)
        if excepted.taken is not None:
            return skipped(self.scope, found.form.rule, excepted.taken)
        item = self._mutated(found, checks, bindings, request.object or {}, context)
        patched = item if item != request.object else None
        return replace(self.scope.result(Outcome.PASS, "", found.form.rule), patched=patched)

    def _mutated(
        self, found: MutatingForm, checks: Validations, bindings: dict[str, Value], item: Object, context: Context
    ) -> Object:
        """Variables keep the value that they had when first asked for, as Kyverno has it."""
        shared = checks.bind(bindings, context)
        for mutation in found.mutations:
            item = mutation.apply(item, shared, context)
            shared["variables"].rebind("object", item)
        return item


def _given(value: Value) -> Iterator[Object]:
    """The objects that an expression gives."""
    found = plain(value)
    if not isinstance(found, dict):
        raise Untold("the expression of the targets gives no object and no list of Kubernetes")
    items = found.get("items", [found] if found.get("kind") else [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Untold("the items that the expression of the targets gives are no objects")
    yield from items


def _listed(match: MatchResources, world: World) -> Iterator[Object]:
    """The objects of the kinds that `match` names."""
    if world.cluster is None:
        raise Untold("the targets of the policy need a cluster to look them up")
    for rule in match.rules:
        for group in rule.groups:
            for resource in rule.resources:
                yield from world.cluster.list(GroupVersionKind(group, rule.versions[0], kind_of(group, resource)))


def about(item: Object, operation: Operation) -> AdmissionRequest:
    """A request that stands for an object that exists."""
    kind = GroupVersionKind.of(item)
    metadata = item.get("metadata") if isinstance(item.get("metadata"), dict) else {}
    assert isinstance(metadata, dict)
    name, namespace = (str(metadata.get(part) or "") for part in ("name", "namespace"))
    old = item if operation is Operation.UPDATE else None
    return AdmissionRequest("", kind, resource_of(kind), operation, name, namespace, object=item, old_object=old)
