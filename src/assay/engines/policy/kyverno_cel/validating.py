"""ValidatingPolicy: validations of requests, of JSON documents, and answers to Envoy and HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.validations import Judged, Validations
from assay.engines.policy.cel.values import Value, kind
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.kyverno_cel.libraries.authorization import Response
from assay.engines.policy.kyverno_cel.scope import Form, bind, payload, skipped
from assay.engines.policy.kyverno_cel.scoped import Scoped
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, Object, Outcome, RuleResult


@dataclass(frozen=True, slots=True)
class ValidatingForm:
    """A form with its expressions."""

    form: Form
    checks: Validations


@dataclass(frozen=True, slots=True)
class ValidatingPolicy(Scoped):
    """All forms of a policy; a request is taken by one of them at most."""

    forms: tuple[ValidatingForm, ...]

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """One result, of the form that takes the request."""
        if not self.scope.takes(request):
            return ()
        return self.first(self.forms, request, world, lambda found: self._judge(found, bind(request, world), world))

    def judge_payload(self, value: object, world: World) -> tuple[RuleResult, ...]:
        """What it says of a document; for the modes JSON, HTTP and Envoy. Nothing where conditions take it out."""
        if self.scope.mode == "Kubernetes":
            return ()
        return self.payload_result(lambda: self._judge(self.forms[0], payload(value, self.scope.mode), world))

    def _judge(self, found: ValidatingForm, bindings: dict[str, Value], world: World) -> RuleResult | None:
        context = self.scope.context(world)
        bindings = found.checks.bind(bindings, context)
        if not self.meets(lambda: found.checks.matches(bindings, context)):
            return None
        excepted = found.form.excepted(bindings, context)
        if excepted.taken is not None:
            return skipped(self.scope, found.form.rule, excepted.taken)
        bindings = found.checks.bind(bindings, context)
        if self.scope.mode in ("HTTP", "Envoy"):
            return self._answer(found, bindings, context)
        details: Object = {"auditAnnotations": notes} if (notes := found.checks.annotate(bindings, context)) else {}
        judged = first_fault(found.checks, bindings, context)
        if judged is None:
            return self.scope.result(Outcome.PASS, "", found.form.rule, details)
        return self.scope.result(judged.outcome, judged.message, found.form.rule, details)

    def _answer(self, found: ValidatingForm, bindings: dict[str, Value], context: Context) -> RuleResult:
        """The first validation that gives an answer decides; none allows."""
        for validation in found.checks.validations:
            value = validation.program.evaluate(bindings, context)
            if isinstance(value, Response):
                outcome = Outcome.FAIL if value.denied else Outcome.PASS
                return self.scope.result(outcome, value.message, found.form.rule, {"response": value.details})
            if value is not None:
                raise Untold(f"an authorization gives {kind(value)}, not a response or null")
        return self.scope.result(Outcome.PASS, "", found.form.rule)


def first_fault(checks: Validations, bindings: dict[str, Value], context: Context) -> Judged | None:
    """The first validation that does not pass; those after it are not asked, as Kyverno has it."""
    for validation in checks.validations:
        judged = Validations(validations=(validation,)).judge(bindings, context)[0]
        if judged.outcome is not Outcome.PASS:
            return judged
    return None
