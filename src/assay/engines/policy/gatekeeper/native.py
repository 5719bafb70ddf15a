"""K8sNativeValidation: the CEL of a ConstraintTemplate, as a ValidatingAdmissionPolicy would have it.

Expressions see ``object``, ``oldObject``, ``request``, ``namespaceObject`` and ``variables``, among them the injected
``variables.params`` and ``variables.anyObject`` (the object, or on DELETE the old one).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import Costly, Untold
from assay.engines.policy.cel.fields import objects, only, text, wrong
from assay.engines.policy.cel.requests import VARIABLES, bindings
from assay.engines.policy.cel.validations import Validations
from assay.formats import admission_review
from assay.model.policy import Object, Outcome

if TYPE_CHECKING:
    from assay.engines.policy.cel.values import Value
    from assay.engines.policy.gatekeeper.templates import Asked, Violation

_FIELDS = ("validations", "failurePolicy", "matchCondition", "matchConditions", "variables", "generateVAP")
_RESERVED = "gatekeeper_internal_"


@cache
def _environment() -> Environment:
    return Environment(name for name in VARIABLES if name != "params")


class NativeCode:
    """Compiled code in CEL."""

    __slots__ = ("_closed", "_validations")

    def __init__(self, validations: Validations, closed: bool) -> None:
        self._validations, self._closed = validations, closed

    @classmethod
    def load(cls, source: Object, place: str) -> NativeCode:
        """Raises `Malformed` for what cannot be compiled, with its place."""
        only(source, _FIELDS, place)
        policy = text(source, "failurePolicy", place, ("", "Fail", "Ignore"))
        for name in ("variables", "matchCondition", "matchConditions"):
            for item, where in objects(source, name, place):
                if str(item.get("name", "")).startswith(_RESERVED) or item.get("name") in ("params", "anyObject"):
                    wrong(f"{where}.name", f"{item.get('name')!r:.80} is a reserved name")
        spec: Object = {key: source[key] for key in ("validations", "variables") if key in source}
        conditions = [*(source.get("matchCondition") or ()), *(source.get("matchConditions") or ())]
        return cls(Validations.load({**spec, "matchConditions": conditions}, _environment(), place), policy != "Ignore")

    def violations(self, asked: Asked) -> list[Violation]:
        """The validations that do not hold; one that cannot be told counts unless the source says Ignore."""
        from assay.engines.policy.gatekeeper.templates import Violation

        bound = self._validations.bind(_bindings(asked), None, _known(asked))
        try:
            if not self._validations.matches(bound):
                return []
        except (Untold, Costly) as error:
            return [Violation(str(error), {}, is_error=True)] if self._closed else []
        bad = (Outcome.FAIL, Outcome.ERROR) if self._closed else (Outcome.FAIL,)
        judged = self._validations.judge(bound)
        return [Violation(item.message, {}, item.outcome is Outcome.ERROR) for item in judged if item.outcome in bad]


def _known(asked: Asked) -> dict[str, Value]:
    document = asked.review.document
    return {"anyObject": document["object"] or document["oldObject"], "params": asked.parameters or None}


def _bindings(asked: Asked) -> dict[str, Value]:
    document = dict(asked.review.document)
    if document["operation"] == "DELETE":
        document["object"] = None
    request = admission_review.request({**document, "operation": document["operation"] or "CREATE"})
    found = bindings(request, asked.world)
    found["namespaceObject"] = asked.review.namespace
    found["request"] = {**found["request"], "operation": document["operation"]}
    return {key: value for key, value in found.items() if key != "params"}
