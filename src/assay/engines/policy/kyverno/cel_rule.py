"""``validate.cel`` and ``celPreconditions``: expressions of the API server inside a rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import NoCel
from assay.engines.policy.cel.fields import mapping, only, wrong
from assay.engines.policy.cel.requests import VARIABLES, bindings
from assay.engines.policy.cel.validations import Validations
from assay.engines.policy.kubernetes import bindings as parameters
from assay.engines.policy.kubernetes.bindings import Binding
from assay.engines.policy.kyverno.answers import Answer, Asked
from assay.model.policy import GroupVersionKind, Object, Outcome

FIELDS = ("generate", "expressions", "variables", "auditAnnotations", "paramKind", "paramRef")


@cache
def environment() -> Environment:
    """The one of admission policies."""
    return Environment(VARIABLES)


@dataclass(frozen=True, slots=True)
class CelCheck:
    """The expressions of a rule, compiled."""

    checks: Validations
    kind: GroupVersionKind | None = None
    binding: Binding | None = None

    def ask(self, asked: Asked) -> Answer | None:
        """The first that does not hold; None for what is to be deleted."""
        if asked.is_delete:
            return None
        outcome, message = Outcome.PASS, f"validation rule '{asked.rule}' passed."
        details: Object = {}
        for params in self._params(asked):
            bound = self.checks.bind(bindings(asked.request, asked.world, params), asked.world)
            bad = next(
                (item for item in self.checks.judge(bound, asked.world) if item.outcome is not Outcome.PASS), None
            )
            if notes := self.checks.annotate(bound, asked.world):
                details = {"auditAnnotations": notes}
            if bad is not None:
                outcome, message = Outcome.FAIL, bad.message
                break
        return Answer(outcome, message, details=details)

    def _params(self, asked: Asked) -> list[Any]:
        if self.kind is None or self.binding is None or self.binding.parameters is None:
            return [None]
        return list(parameters.parameters(self.kind, self.binding.parameters, asked.request, asked.world))


def load(value: Object, place: str, message: str) -> CelCheck:
    """Reads ``cel`` of a rule; raises `Malformed` with the field's place."""
    only(value, FIELDS, place)
    spec = {"variables": value.get("variables"), "validations": value.get("expressions")}
    spec["auditAnnotations"] = value.get("auditAnnotations")
    try:
        found = Validations.load({key: item for key, item in spec.items() if item is not None}, environment(), place)
    except NoCel as error:
        raise NoCel(error.what.replace(f"{place}.validations[", f"{place}.expressions["), error.remedy) from error
    if not found.validations and not found.annotations:
        wrong(f"{place}.expressions", "there are none")
    said = tuple(replace(item, message=item.message or message) for item in found.validations)
    kind = parameters.kind_of(mapping(value, "paramKind", place), f"{place}.paramKind")
    reference = mapping(value, "paramRef", place)
    binding = parameters.load({"paramRef": reference}, "", place, False) if kind is not None and reference else None
    return CelCheck(replace(found, validations=said), kind, binding)


def conditions_hold(checks: Validations, asked: Asked) -> bool:
    """Whether ``celPreconditions`` hold; raises `AssayError` where they cannot be told."""
    bound = checks.bind(bindings(asked.request, asked.world), asked.world)
    return checks.matches(bound, asked.world)
