"""Kyverno's classic policies in plain language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.engines.policy.explaining.steps import Step, group, listed, shown
from assay.engines.policy.kyverno import autogen
from assay.model.policy import Object

_PARTS = (
    ("kinds", "is of kind {}"),
    ("name", "is named {}"),
    ("names", "is named {}"),
    ("namespaces", "lives in the namespace {}"),
    ("operations", "is about a {}"),
)
_OPERATORS = {
    "equals": "is", "equal": "is", "notequals": "is not", "notequal": "is not", "anyin": "has one of",
    "allin": "has only", "in": "is among", "notin": "is not among", "anynotin": "has one that is none of",
    "allnotin": "has none of", "greaterthan": "is greater than", "greaterthanorequals": "is at least",
    "lessthan": "is less than", "lessthanorequals": "is at most",
}  # fmt: skip


def describe(policy: Object) -> list[Step]:
    """A step for each rule, and what holds for all."""
    spec: Object = policy.get("spec") or {}
    own = spec.get("rules") or []
    made = [str(rule.get("name")) for rule in autogen.rules(policy) if rule not in own]
    found = [_rule(rule, spec, [name for name in made if name.endswith(str(rule.get("name")))]) for rule in own]
    return [*found, *_settings(spec)]


def _settings(spec: Object) -> Iterator[Step]:
    webhook = spec.get("webhookConfiguration") or {}
    policy = webhook.get("failurePolicy") or spec.get("failurePolicy") or "Fail"
    yield Step(f"If a rule cannot be told, the request is {'refused' if policy == 'Fail' else 'let through'}.")
    if spec.get("background") is False:
        yield Step("What runs already is not scanned in the background.")
    if spec.get("applyRules") == "One":
        yield Step("Only the first rule that applies is asked.")


def _rule(rule: Object, spec: Object, made: list[str]) -> Step:
    steps: list[Step | str] = [group("It is about an object that", _filters(rule.get("match") or {}))]
    if rule.get("exclude"):
        steps.append(group("but not one that", _filters(rule["exclude"])))
    if rule.get("preconditions"):
        steps.append(group("Only where", conditions(rule["preconditions"])))
    if rule.get("celPreconditions"):
        steps.append(group("Only where (CEL)", (str(one.get("expression")) for one in rule["celPreconditions"])))
    if rule.get("context"):
        steps.append(group("It looks up", map(_entry, rule["context"])))
    steps += _body(rule)
    if rule.get("validate") or rule.get("verifyImages"):
        steps += list(_happens(rule.get("validate") or {}, spec))
    if made:
        steps.append(f"The same holds for the pod templates of controllers ({listed(made, 'and')}).")
    return group(f"Rule {rule.get('name')}", steps)


def _filters(filters: Object) -> Iterator[Step]:
    for word in ("any", "all"):
        if filters.get(word):
            text = "does one of these" if word == "any" else "does all of these"
            if len(filters[word]) == 1:
                yield from block(filters[word][0])
            else:
                yield group(text, (group(f"{number}.", block(one)) for number, one in enumerate(filters[word], 1)))
            return
    yield from block(filters)


def block(held: Object) -> Iterator[Step]:
    """One block of ``match`` or ``exclude``."""
    resources: Object = held.get("resources") or {}
    for part, text in _PARTS:
        values = resources.get(part)
        if values:
            yield Step(text.format(listed(values if isinstance(values, list) else [values])))
    for part, what in (("selector", "labels"), ("namespaceSelector", "a namespace with labels")):
        if resources.get(part):
            yield Step(f"has {what} {shown(resources[part])}")
    if resources.get("annotations"):
        yield Step(f"has annotations {shown(resources['annotations'])}")
    for subject in held.get("subjects") or []:
        yield Step(f"is asked for by {subject.get('kind')} {subject.get('name')}")
    for part in ("roles", "clusterRoles"):
        if held.get(part):
            yield Step(f"is asked for by who has the {part} {listed(held[part])}")


def conditions(value: Any) -> Iterator[Step]:
    """Of ``preconditions`` or ``deny``."""
    blocks = value if isinstance(value, list) else [value]
    for one in blocks:
        if "operator" in one:
            yield condition(one)
            continue
        for word, text in (("all", "all of these hold"), ("any", "one of these holds")):
            if one.get(word):
                yield group(text, map(condition, one[word]))


def condition(item: Object) -> Step:
    """``KEY is VALUE``."""
    operator = str(item.get("operator"))
    word = _OPERATORS.get(operator.lower(), operator)
    return Step(f"{shown(item.get('key'))} {word} {shown(item.get('value'))}")


def _entry(entry: Object) -> Step:
    kind = next((key for key in entry if key != "name"), "")
    return Step(f"{entry.get('name')} from {kind}: {shown(entry.get(kind))}")


def _body(rule: Object) -> Iterator[Step]:
    if rule.get("validate"):
        yield _validate(rule["validate"])
        if rule["validate"].get("message"):
            yield Step(f"Otherwise it says: {shown(rule['validate']['message'], 400)}")
    for entry in rule.get("verifyImages") or []:
        yield group(f"Images that are {listed(entry.get('imageReferences') or ['named'])} must", _signed(entry))
    if rule.get("mutate"):
        yield Step(f"It changes the object: {shown(rule['mutate'], 400)}")
    if rule.get("generate"):
        made = rule["generate"]
        yield Step(f"It makes {made.get('kind', 'objects')} {made.get('namespace', '')}/{made.get('name', '')}")


def _validate(body: Object) -> Step:
    if body.get("pattern") is not None:
        return Step(f"The object must be as this pattern says: {shown(body['pattern'], 400)}")
    if body.get("anyPattern") is not None:
        return group(
            "The object must be as one of these patterns says", (shown(one, 400) for one in body["anyPattern"])
        )
    if body.get("deny") is not None:
        return group("It is refused where", conditions((body["deny"] or {}).get("conditions") or {}))
    if body.get("foreach") is not None:
        return group(
            "For each element",
            (group(f"of {one.get('list')}", [*_guards(one), _validate(one)]) for one in body["foreach"]),
        )
    if body.get("cel") is not None:
        return group(
            "These must hold (CEL)", (shown(one.get("expression"), 400) for one in body["cel"].get("expressions") or [])
        )
    if body.get("podSecurity") is not None:
        held = body["podSecurity"]
        return Step(f"Pods must meet the Pod Security Standard {held.get('level')} ({held.get('version', 'latest')})")
    return Step("Nothing that can be evaluated is asked.")


def _guards(one: Object) -> Iterator[Step]:
    if one.get("preconditions"):
        yield group("only where", conditions(one["preconditions"]))


def _signed(entry: Object) -> Iterator[Step]:
    for one in entry.get("attestors") or []:
        entries = one.get("entries") or []
        count = one.get("count") or len(entries)
        yield group(f"be signed by {count} of", map(_attestor, entries))
    for one in entry.get("attestations") or []:
        kind = one.get("type") or one.get("predicateType")
        yield group(f"have an attestation of type {kind}", conditions(one.get("conditions") or []))
    if entry.get("verifyDigest", True):
        yield Step(
            "be named by digest" + (" (which is written into the object)" if entry.get("mutateDigest", True) else "")
        )


def _attestor(entry: Object) -> Step:
    if entry.get("keyless"):
        held = entry["keyless"]
        who = held.get("subject") or held.get("subjectRegExp") or "anybody"
        return Step(f"{who}, vouched for by {held.get('issuer') or held.get('issuerRegExp') or 'any issuer'}")
    if entry.get("attestor"):
        return group("a set of attestors", map(_attestor, entry["attestor"].get("entries") or []))
    return Step("a key" if entry.get("keys") else "a certificate")


def _happens(body: Object, spec: Object) -> Iterator[Step]:
    action = str(body.get("failureAction") or spec.get("validationFailureAction") or "Audit")
    told = "the request is refused" if action.lower() == "enforce" else "it is only reported"
    yield Step(f"Where it is not met, {told} (failureAction {action}).")
    for one in body.get("failureActionOverrides") or spec.get("validationFailureActionOverrides") or []:
        where = listed(one.get("namespaces") or []) or shown(one.get("namespaceSelector") or {})
        yield Step(f"In {where} the action is {one.get('action')}.")
