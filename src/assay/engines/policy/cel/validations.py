"""What every policy written in CEL has: variables, match conditions, validations, audit annotations.

Shared by ValidatingAdmissionPolicy, Kyverno's CEL kinds and ``validate.cel``, and Gatekeeper's K8sNativeValidation.
A field is named by its place in the policy wherever it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.faults import Costly, NoCel, Untold
from assay.engines.policy.cel.fields import Object, objects, only, text, wrong
from assay.engines.policy.cel.values import Value, kind
from assay.engines.policy.cel.variables import Variables
from assay.model.policy import Outcome

MAX_CONDITIONS = 64
MAX_MESSAGE = 5 << 10
"""Bytes of a message that an expression makes; a longer one is not taken."""
_REASONS = ("Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge")

Named = tuple[str, Program]


@dataclass(frozen=True, slots=True)
class Validation:
    """One entry of ``validations``."""

    program: Program
    message: str = ""
    message_program: Program | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a validation says."""

    outcome: Outcome
    message: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Validations:
    """Everything compiled; `load` reads it from the spec of a policy."""

    variables: Mapping[str, Program] = field(default_factory=dict)
    conditions: tuple[Named, ...] = ()
    validations: tuple[Validation, ...] = ()
    annotations: tuple[Named, ...] = ()

    @classmethod
    def load(cls, spec: Object, environment: Environment, place: str) -> Validations:
        """From ``variables``, ``matchConditions``, ``validations`` and ``auditAnnotations`` of `spec`.

        `environment` declares ``variables`` besides its own. Raises `Malformed` (`NoCel`) with the field's place.
        """
        return cls(
            variables(spec, environment, place),
            conditions(spec, environment, place),
            tuple(_validation(item, environment, where) for item, where in objects(spec, "validations", place)),
            audit_annotations(spec, environment, place),
        )

    def bind(
        self, bindings: Mapping[str, Value], context: object = None, known: Mapping[str, Value] | None = None
    ) -> dict[str, Value]:
        """`bindings` with ``variables`` among them; `known` are variables given from outside."""
        return {**bindings, "variables": Variables(self.variables, bindings, context, known)}

    def matches(self, bindings: Mapping[str, Value], context: object = None) -> bool:
        """Whether all match conditions hold; one that does not decides before one that cannot be told (`Untold`)."""
        return holds(self.conditions, bindings, context)

    def judge(self, bindings: Mapping[str, Value], context: object = None) -> tuple[Judged, ...]:
        """What each validation says, in order; what cannot be told has the outcome ERROR."""
        return tuple(_judge(validation, bindings, context) for validation in self.validations)

    def annotate(self, bindings: Mapping[str, Value], context: object = None) -> dict[str, str]:
        """The audit annotations; those that give null, or cannot be told, are left out."""
        found: dict[str, str] = {}
        for name, program in self.annotations:
            try:
                value = program.evaluate(bindings, context)
            except (Untold, Costly):
                continue
            if isinstance(value, str):
                found[name] = value
        return found


def compiled(environment: Environment, item: Object, name: str, place: str) -> Program:
    """The expression in the field `name`; raises `NoCel` naming it."""
    source = item.get(name)
    if not isinstance(source, str) or not source.strip():
        wrong(f"{place}.{name}", "an expression is missing" if source is None else "not an expression")
    try:
        return environment.compile(source)
    except NoCel as error:
        raise NoCel(f"{place}.{name}: {error}", error.remedy or "mend the expression at that place") from error


def variables(spec: Object, environment: Environment, place: str) -> dict[str, Program]:
    """``variables``: name and expression."""
    found: dict[str, Program] = {}
    for item, where in objects(spec, "variables", place):
        only(item, ("name", "expression"), where)
        found[text(item, "name", where)] = compiled(environment, item, "expression", where)
    return found


def conditions(spec: Object, environment: Environment, place: str, name: str = "matchConditions") -> tuple[Named, ...]:
    """``matchConditions``: name and expression."""
    found: list[Named] = []
    for item, where in objects(spec, name, place):
        only(item, ("name", "expression"), where)
        found.append((text(item, "name", where), compiled(environment, item, "expression", where)))
    if len(found) > MAX_CONDITIONS:
        wrong(f"{place}.{name}", f"over {MAX_CONDITIONS} conditions")
    return tuple(found)


def audit_annotations(spec: Object, environment: Environment, place: str) -> tuple[Named, ...]:
    """``auditAnnotations``: key and valueExpression."""
    found: list[Named] = []
    for item, where in objects(spec, "auditAnnotations", place):
        only(item, ("key", "valueExpression"), where)
        found.append((text(item, "key", where), compiled(environment, item, "valueExpression", where)))
    return tuple(found)


def holds(wanted: tuple[Named, ...], bindings: Mapping[str, Value], context: object = None) -> bool:
    """Whether all of `wanted` are true; raises `Untold` or `Costly` where none is false and one cannot be told."""
    fault: Untold | Costly | None = None
    for name, program in wanted:
        try:
            if not program.truth(bindings, context):
                return False
        except (Untold, Costly) as error:
            fault = fault or type(error)(f"match condition {name!r}: {error}")
    if fault is not None:
        raise fault
    return True


def _validation(item: Object, environment: Environment, place: str) -> Validation:
    only(item, ("expression", "message", "messageExpression", "reason"), place)
    return Validation(
        compiled(environment, item, "expression", place),
        text(item, "message", place),
        compiled(environment, item, "messageExpression", place) if item.get("messageExpression") else None,
        text(item, "reason", place, _REASONS) if item.get("reason") else "",
    )


def _judge(validation: Validation, bindings: Mapping[str, Value], context: object) -> Judged:
    try:
        found = validation.program.evaluate(bindings, context)
    except (Untold, Costly) as error:
        return Judged(Outcome.ERROR, f"expression {shortened(validation.program.text)!r} cannot be told: {error}")
    if found is True:
        return Judged(Outcome.PASS)
    if found is not False:
        return Judged(
            Outcome.ERROR, f"expression {shortened(validation.program.text)!r} gives {kind(found)}, not a bool"
        )
    return Judged(Outcome.FAIL, message(validation, bindings, context), validation.reason)


def message(validation: Validation, bindings: Mapping[str, Value], context: object = None) -> str:
    """What a failed validation says: messageExpression, else message, else the expression itself."""
    if validation.message_program is not None:
        try:
            made = validation.message_program.evaluate(bindings, context)
        except (Untold, Costly):
            made = None
        if isinstance(made, str) and made.strip() and "\n" not in made and len(made.encode()) <= MAX_MESSAGE:
            return made.strip()
    return validation.message.strip() or f"failed expression: {shortened(validation.program.text)}"


def shortened(expression: str) -> str:
    """An expression in one line of a message."""
    return " ".join(expression.split())[:500]
