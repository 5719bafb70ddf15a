"""Evaluation of ValidatingAdmissionPolicy and MutatingAdmissionPolicy, per binding and per parameter object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assay.engines.policy.cel.faults import FAULTS, Costly, Untold
from assay.engines.policy.cel.requests import bindings as bound
from assay.engines.policy.cel.validations import Validations
from assay.engines.policy.cel.values import Value
from assay.engines.policy.kubernetes.bindings import Binding, parameters
from assay.engines.policy.match_resources import MatchResources
from assay.engines.policy.mutations import Mutation
from assay.engines.policy.world import World
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind, Object, Outcome, RuleResult


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """A policy with its bindings, compiled."""

    name: str
    match: MatchResources
    checks: Validations
    bindings: tuple[Binding, ...]
    parameter_kind: GroupVersionKind | None = None
    fails_closed: bool = True
    mutations: tuple[Mutation, ...] = ()
    reinvoked: bool = False
    """Whether it is asked again after later policies changed the object (``reinvocationPolicy: IfNeeded``)."""
    listed: bool = False
    """Whether several parameter objects are one list in ``params``, as Kyverno's command has it."""

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """A result for each binding that takes the request."""
        if self.mutations:
            return ()
        return tuple(self._results(request, world, self._validated))

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """A result for each binding that takes the request; each sees what those before it left."""
        if not self.mutations or request.object is None:
            return ()
        return tuple(self._results(request, world, self._mutated))

    def _results(
        self, request: AdmissionRequest, world: World, judge: Callable[..., RuleResult | None]
    ) -> Iterator[RuleResult]:
        for binding in self.bindings:
            try:
                if not self.match.takes(request, world) or not binding.match.takes(request, world):
                    continue
                result = self._with_parameters(binding, request, world, judge)
            except FAULTS as error:
                result = self._error(binding, str(error))
            if result is not None:
                if result.patched is not None:
                    request = replace(request, object=result.patched)
                yield result

    def _with_parameters(
        self, binding: Binding, request: AdmissionRequest, world: World, judge: Callable[..., RuleResult | None]
    ) -> RuleResult | None:
        """The worst result over the parameter objects; for mutations the last one, made of all."""
        found: RuleResult | None = None
        for params in self._parameters(binding, request, world):
            result = judge(binding, request, bound(request, world, params), world)
            if result is None:
                continue
            if result.patched is not None:
                request = replace(request, object=result.patched)
            found = result if found is None or found.outcome is Outcome.PASS else found
        return found

    def _parameters(self, binding: Binding, request: AdmissionRequest, world: World) -> Sequence[Value]:
        if self.parameter_kind is None or binding.parameters is None:
            return [None]
        found = parameters(self.parameter_kind, binding.parameters, request, world)
        if self.listed and not binding.parameters.name:
            return [{"apiVersion": "v1", "kind": "List", "items": list(found)}]
        return found

    def _validated(
        self, binding: Binding, request: AdmissionRequest, bindings: dict[str, Value], world: World
    ) -> RuleResult | None:
        bindings = self.checks.bind(bindings, world)
        if not self._matches(bindings, world):
            return None
        judged = self.checks.judge(bindings, world)
        details: Object = {"auditAnnotations": found} if (found := self.checks.annotate(bindings, world)) else {}
        for outcome in (Outcome.FAIL, Outcome.ERROR):
            bad = [item for item in judged if item.outcome is outcome]
            if bad:
                return self._refusal(binding, outcome, "; ".join(item.message for item in bad), bad[0].reason, details)
        return RuleResult(self.name, binding.name, Outcome.PASS, action=binding.action, details=details)

    def _refusal(self, binding: Binding, outcome: Outcome, message: str, reason: str, details: Object) -> RuleResult:
        if outcome is Outcome.ERROR:
            return replace(self._error(binding, message), details=details)
        extra = {"reason": reason} if reason else {}
        actions = {"validationActions": [str(action) for action in binding.actions]} if len(binding.actions) > 1 else {}
        return RuleResult(self.name, binding.name, outcome, message, binding.action, {**details, **extra, **actions})

    def _mutated(
        self, binding: Binding, request: AdmissionRequest, bindings: dict[str, Value], world: World
    ) -> RuleResult | None:
        bindings = self.checks.bind(bindings, world)
        if not self._matches(bindings, world):
            return None
        item = request.object or {}
        for mutation in self.mutations:
            item = mutation.apply(item, self.checks.bind({**bindings, "object": item}, world), world)
        changed = item if item != request.object else None
        return RuleResult(self.name, binding.name, Outcome.PASS, action=binding.action, patched=changed)

    def _matches(self, bindings: dict[str, Value], world: World) -> bool:
        try:
            return self.checks.matches(bindings, world)
        except (Untold, Costly):
            if self.fails_closed:
                raise
            return False

    def _error(self, binding: Binding, message: str) -> RuleResult:
        """What cannot be told: denied as the binding says where the policy fails closed, else only noted."""
        action = binding.action if self.fails_closed else Action.AUDIT
        return RuleResult(self.name, binding.name, Outcome.ERROR, message, action)
