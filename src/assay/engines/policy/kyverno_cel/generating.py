"""GeneratingPolicy and DeletingPolicy: objects that are made for others, and those that are to go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay.engines.policy.cel.environment import Program
from assay.engines.policy.cel.faults import FAULTS
from assay.engines.policy.cel.validations import Named, Validations, holds
from assay.engines.policy.kyverno_cel.libraries.resource import take
from assay.engines.policy.kyverno_cel.mutating import about
from assay.engines.policy.kyverno_cel.scope import Form, bind, skipped
from assay.engines.policy.kyverno_cel.scoped import Scoped
from assay.engines.policy.kyverno_cel.templates import Template
from assay.engines.policy.world import World
from assay.model.policy import Action, AdmissionRequest, Object, Operation, Outcome, RuleResult


@dataclass(frozen=True, slots=True)
class GeneratingPolicy(Scoped):
    """Objects made where a request matches; the result carries them, nothing is written here."""

    form: Form
    checks: Validations
    expressions: tuple[Program | Template, ...]

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """One result with the objects that are to be made; a fault is only noted."""
        if not self.scope.takes(request):
            return ()
        try:
            result = self._generated(request, world) if self.form.match.takes(request, world) else None
        except FAULTS as error:
            result = replace(self.scope.result(Outcome.ERROR, str(error)), action=Action.AUDIT)
        return (result,) if result is not None else ()

    def _generated(self, request: AdmissionRequest, world: World) -> RuleResult | None:
        context, bindings = self.scope.context(world), bind(request, world)
        if not self.checks.matches(self.checks.bind(bindings, context), context):
            return None
        excepted = self.form.excepted(bindings, context)
        if excepted.taken is not None:
            return skipped(self.scope, "", excepted.taken)
        bindings = self.checks.bind(bindings, context)
        for expression in self.expressions:
            if isinstance(expression, Program):
                expression.evaluate(bindings, context)
                continue
            for item in expression.objects(lambda program: program.evaluate(bindings, context)):
                take(context, item)
        result = self.scope.result(Outcome.PASS, f"generates {len(context.generated)} objects")
        return replace(result, action=Action.AUDIT, generated=tuple(context.generated))


@dataclass(frozen=True, slots=True)
class DeletingPolicy(Scoped):
    """Objects that are to be deleted when the schedule says so; requests are not its business."""

    form: Form
    checks: Validations
    conditions: tuple[Named, ...]
    schedule: str

    def deletes(self, item: Object, world: World) -> RuleResult | None:
        """PASS for an object that would be deleted, FAIL for one whose conditions do not hold; None: not matched."""
        request = about(item, Operation.DELETE)
        if self.scope.namespace and self.scope.namespace != request.namespace:
            return None
        try:
            if not self.form.match.takes(request, world):
                return None
            return self._judged(request, world)
        except FAULTS as error:
            return replace(self.scope.result(Outcome.ERROR, str(error)), action=Action.AUDIT)

    def _judged(self, request: AdmissionRequest, world: World) -> RuleResult:
        context = self.scope.context(world)
        bindings = {**bind(request, world), "request": None}
        excepted = self.form.excepted(bindings, context)
        if excepted.taken is not None:
            return skipped(self.scope, "", excepted.taken)
        kept = holds(self.conditions, self.checks.bind(bindings, context), context)
        return replace(self.scope.result(Outcome.PASS if kept else Outcome.FAIL), action=Action.AUDIT)
