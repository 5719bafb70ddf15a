"""A classic validate rule as a ValidatingPolicy."""

from __future__ import annotations

from collections.abc import Iterator

from assay.engines.policy.converting import checks, rules
from assay.engines.policy.converting.cel_text import negated, some
from assay.engines.policy.converting.losses import Effect, unsayable
from assay.engines.policy.converting.rules import RuleSource
from assay.model.policy import Object

_REFUSED = {
    "podSecurity": "the controls of the Pod Security Standards have no function in CEL",
    "manifests": "signed manifests have no function in CEL",
    "assert": "assertion trees have no form in CEL",
}


def convert(source: RuleSource) -> list[Object]:
    """The policies that the rule becomes: one, or two where namespaces have another action; raises `Unsayable`."""
    body: Object = source.rule["validate"]
    for part, reason in _REFUSED.items():
        if body.get(part) is not None:
            unsayable(f"validate.{part}: {reason}")
    around = rules.frame(source, source.operations(body))
    validations = list(_expressions(body["cel"]) if body.get("cel") else _checked(source, around, body))
    spec = {**around.spec, "validations": validations}
    if body.get("cel"):
        spec = _with_cel(spec, body["cel"])
    spec = rules.grown(source, spec)
    variants = rules.variants(source, body)
    if any(one.enforce for one in variants) and body.get("allowExistingViolations") is not False:
        source.notes.lose(
            "validate.allowExistingViolations", "updates of objects that broke the rule before are refused too",
            Effect.STRICTER,
        )  # fmt: skip
    return [_variant(source, spec, variant) for variant in variants]


def _variant(source: RuleSource, spec: Object, variant: rules.Variant) -> Object:
    found = {**spec, "validationActions": rules.actions(source, variant.enforce)}
    if variant.condition != "true":
        found["matchConditions"] = [
            *found.get("matchConditions", []),
            {"name": "action", "expression": variant.condition},
        ]
    return rules.made(source, "ValidatingPolicy", found, variant.suffix)


def _checked(source: RuleSource, around: rules.Frame, body: Object) -> Iterator[Object]:
    queries = around.queries
    condition = checks.condition(queries, body, rules.root(queries))
    told = rules.said(queries, str(body.get("message") or ""), f"rule {source.name} failed")
    yield {"expression": some((negated(around.guard), condition)), **told}


def _expressions(cel: Object) -> Iterator[Object]:
    if cel.get("paramKind") or cel.get("paramRef"):
        unsayable("validate.cel.paramKind: there are no parameters")
    for item in cel.get("expressions") or []:
        yield {part: item[part] for part in ("expression", "message", "messageExpression", "reason") if part in item}


def _with_cel(spec: Object, cel: Object) -> Object:
    found = {**spec, "variables": [*spec.get("variables", []), *(cel.get("variables") or [])]}
    if not found["variables"]:
        del found["variables"]
    if cel.get("auditAnnotations"):
        found["auditAnnotations"] = cel["auditAnnotations"]
    return found
