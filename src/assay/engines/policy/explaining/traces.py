"""Why a policy passes or fails an object: what it matches, which conditions hold, what is found where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from assay.engines.policy.cel.faults import FAULTS
from assay.engines.policy.explaining.steps import Step, group, shown
from assay.engines.policy.kyverno import entries, filters, patterns
from assay.engines.policy.kyverno.answers import Asked
from assay.engines.policy.kyverno.clauses import Clauses, Condition
from assay.engines.policy.kyverno.filters import Subject
from assay.engines.policy.kyverno.lists import elements, entered
from assay.engines.policy.kyverno.policy import ClassicPolicy, Rule
from assay.engines.policy.kyverno.request_values import scope_of
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.validating import Check, Foreach
from assay.engines.policy.kyverno_cel.image_validating import ImageValidatingPolicy
from assay.engines.policy.kyverno_cel.scope import bind
from assay.engines.policy.kyverno_cel.validating import ValidatingForm, ValidatingPolicy
from assay.engines.policy.world import Policy, World
from assay.errors import AssayError
from assay.model.policy import Action, AdmissionRequest, Outcome, RuleResult

MAX_ELEMENTS = 50
_SAYS = {Outcome.PASS: "passes", Outcome.FAIL: "fails", Outcome.SKIP: "is not asked", Outcome.ERROR: "cannot be told"}


def trace(policy: Policy, request: AdmissionRequest, world: World) -> list[Step]:
    """Step by step what the policy says of a request."""
    if isinstance(policy, ClassicPolicy):
        return [_rule(policy, rule, request, world) for rule in policy.rules]
    if isinstance(policy, ValidatingPolicy):
        return [*_forms(policy, request, world), *_results(policy.validate(request, world))]
    found = [*policy.mutate(request, world), *policy.validate(request, world)]
    about = "" if found or not isinstance(policy, ImageValidatingPolicy) else " (or no image in it)"
    return list(_results(found)) or [Step(f"The policy is not about it{about}.", holds=False)]


def _results(found: Any) -> Iterator[Step]:
    for item in found:
        yield _result(item)


def _result(item: RuleResult) -> Step:
    bad = item.outcome in (Outcome.FAIL, Outcome.ERROR)
    word = {
        Action.DENY: "the request is refused",
        Action.WARN: "there is a warning",
        Action.AUDIT: "it is only reported",
    }
    told = f": {word[item.action]}" if bad and item.action in word else ""
    name, details = item.rule or "the policy", item.details
    return Step(
        f"{name} {_SAYS.get(item.outcome, str(item.outcome))}{told}",
        not bad,
        shown(details.get("found") or item.message, 600),
        shown(details.get("wanted") or "", 600),
        str(details.get("mend") or ""),
    )


def _rule(policy: ClassicPolicy, rule: Rule, request: AdmissionRequest, world: World) -> Step:
    taken = filters.takes(rule.match, rule.exclude, request, world)
    steps = [_match(rule, request, world)]
    found = [item for item in policy.validate(request, world) if item.rule == rule.name]
    found += [item for item in policy.mutate(request, world) if item.rule == rule.name]
    if taken:
        steps += _inside(rule, request, world)
    return group(
        f"Rule {rule.name}", [*steps, *map(_result, found)] if found else [*steps, Step("The rule says nothing.")]
    )


def _match(rule: Rule, request: AdmissionRequest, world: World) -> Step:
    """Which part of ``match`` and ``exclude`` takes the object."""
    subject = Subject(request, world, request.object or request.old_object or {})
    steps = [_block(block, subject) for block in _blocks(rule.match)]
    taken = filters.matches(rule.match, subject)
    out = bool(rule.exclude) and filters.excludes(rule.exclude, subject)
    if out:
        steps.append(Step("exclude takes it", True, wanted=shown(dict(rule.exclude), 400)))
    return Step(
        "It is about the object" if taken and not out else "It is not about the object",
        taken and not out,
        steps=tuple(steps),
    )


def _blocks(held: Any) -> list[Any]:
    return list(held.get("any") or held.get("all") or [held])


def _block(block: Any, subject: Subject) -> Step:
    resources = block.get("resources") or {}
    fields = [_field(name, value, subject) for name, value in resources.items()]
    users = {part: block[part] for part in ("subjects", "roles", "clusterRoles") if block.get(part)}
    if users:
        holds = filters.matches({"any": [users]}, subject)
        fields.append(Step("who asks", holds, subject.request.user.username, shown(users)))
    return Step("match", filters.matches({"any": [block]}, subject), steps=tuple(fields))


def _field(name: str, value: Any, subject: Subject) -> Step:
    known = {
        "kinds": "/".join(part for part in subject.kind if part),
        "namespaces": subject.namespace(),
        "name": subject.name(),
        "names": subject.name(),
        "operations": str(subject.request.operation),
        "selector": shown(subject.metadata.get("labels") or {}),
        "annotations": shown(subject.metadata.get("annotations") or {}),
    }
    holds = filters.matches({"any": [{"resources": {name: value}}]}, subject)
    return Step(name, holds, known.get(name, ""), shown(value))


def _inside(rule: Rule, request: AdmissionRequest, world: World) -> list[Step]:
    """Preconditions, and the check of a rule that takes the object."""
    scope = scope_of(request, world).inner()
    entries.enter(scope, rule.context)
    steps = list(_clauses("preconditions", rule.preconditions, scope))
    if any(step.holds is False for step in steps):
        return steps
    if isinstance(rule.body, Check):
        steps += _check(rule.body, Asked(request, world, scope, rule.name, request.object), 0)
    return steps


def _clauses(text: str, clauses: Clauses, scope: Scope) -> Iterator[Step]:
    for clause in clauses:
        every = [_condition(one, scope) for one in clause.all]
        some = [_condition(one, scope) for one in clause.any or ()]
        holds = all(step.holds for step in every) and (clause.any is None or any(step.holds for step in some))
        parts = [*every, *([Step("one of", any(one.holds for one in some), steps=tuple(some))] if some else [])]
        yield Step(text, holds, steps=tuple(parts))


def _condition(one: Condition, scope: Scope) -> Step:
    text = f"{shown(one.key.source)} {one.operator} {shown(one.value.source)}"
    try:
        return Step(
            text, one.holds(scope), shown(one.key.fill(scope)), f"{one.operator} {shown(one.value.fill(scope))}"
        )
    except AssayError as error:
        return Step(text, False, f"it cannot be told: {error.what}")


def _check(check: Check, asked: Asked, level: int) -> Iterator[Step]:
    if check.deny is not None:
        for step in _clauses("refused where", check.deny, asked.scope):
            yield replace(step, mend="change what makes one of these conditions hold" if step.holds else "")
    if check.pattern is not None:
        yield _pattern("the pattern", check.pattern.fill(asked.scope), asked.item)
    if check.any_pattern is not None:
        wanted = check.any_pattern.fill(asked.scope)
        tried = [_pattern(f"pattern {number}", one, asked.item) for number, one in enumerate(wanted, 1)]
        yield Step("one of the patterns", any(step.holds for step in tried), steps=tuple(tried))
    for each in check.foreach:
        yield Step("each element of a list", steps=tuple(_elements(each, asked, level + 1)))


def _pattern(text: str, wanted: Any, item: Any) -> Step:
    found = patterns.mismatch(item, wanted)
    if found is None or found.skip:
        return Step(text + (" does not ask it" if found else ""), True, found.message if found else "")
    there, asked = _at(item, found.path), _at(wanted, found.path, pattern=True)
    place = found.path.strip("/").replace("/", ".")
    mend = f"set {place} to what is wanted" if place else ""
    return Step(text, False, f"{place or 'the object'}: {shown(there)}", shown(asked) or found.message, mend)


def _at(value: Any, path: str, *, pattern: bool = False) -> Any:
    """What stands at a path; in a pattern under its anchors, and of a list its first entry."""
    from assay.engines.policy.kyverno.anchors import parse

    for part in [part for part in path.split("/") if part]:
        if isinstance(value, dict):
            names = {parse(key).name: key for key in value} if pattern else {key: key for key in value}
            value = value.get(names.get(part, part))
        elif isinstance(value, list) and value:
            value = value[0 if pattern else min(int(part), len(value) - 1)] if part.isdigit() else None
        else:
            return None
    return value


def _elements(each: Foreach, asked: Asked, level: int) -> Iterator[Step]:
    try:
        found = elements(each.list, asked.scope)
    except AssayError as error:
        yield Step("the list cannot be told", None, error.what)
        return
    for at, element in enumerate(found[:MAX_ELEMENTS]):
        scope = entered(asked.scope, element, at, level - 1)
        entries.enter(scope, each.context)
        guards = list(_clauses("preconditions", each.preconditions, scope))
        steps: list[Step] = list(guards)
        if all(step.holds for step in guards):
            item = element if (isinstance(element, dict) if each.scoped is None else each.scoped) else asked.item
            steps += _check(each.check, replace(asked, scope=scope, item=item), level)
        name = element.get("name") if isinstance(element, dict) else element
        yield Step(f"element {at}: {shown(name)}", steps=tuple(steps))


def _forms(policy: ValidatingPolicy, request: AdmissionRequest, world: World) -> Iterator[Step]:
    for found in policy.forms:
        try:
            taken = policy.scope.takes(request) and found.form.match.takes(request, world)
        except FAULTS as error:
            yield Step("what it matches cannot be told", False, str(error))
            continue
        name = found.form.rule or "as written"
        steps = tuple(_expressions(policy, found, request, world)) if taken else ()
        yield Step(f"The policy ({name}) is{'' if taken else ' not'} about it", taken, steps=steps)


def _expressions(
    policy: ValidatingPolicy, found: ValidatingForm, request: AdmissionRequest, world: World
) -> Iterator[Step]:
    """Every match condition and validation, with its value."""
    context = policy.scope.context(world)
    bindings = found.checks.bind(bind(request, world), context)
    for name, program in found.checks.conditions:
        yield _told(f"match condition {name}", partial(program.truth, bindings, context))
    for number, one in enumerate(found.checks.validations):
        step = _told(
            f"validation {number}: {shown(one.program.text, 400)}", partial(one.program.truth, bindings, context)
        )
        yield replace(step, wanted=one.message if step.holds is False else "")


def _told(text: str, ask: Callable[[], bool]) -> Step:
    try:
        return Step(text, bool(ask()))
    except FAULTS as error:
        return Step(text, False, f"it cannot be told: {error!s}")
