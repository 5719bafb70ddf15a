"""A ClusterPolicy or Policy, loaded: which of its rules are asked, in which order, and what their answers do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.cel.validations import Validations
from assay.engines.policy.kyverno import cel_rule, clauses, entries, filters
from assay.engines.policy.kyverno.answers import Answer, Asked, explained
from assay.engines.policy.kyverno.cel_rule import CelCheck
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.entries import Entry
from assay.engines.policy.kyverno.exceptions import Exempted
from assay.engines.policy.kyverno.generating import Generation
from assay.engines.policy.kyverno.mutating import Mutation
from assay.engines.policy.kyverno.odd import labels
from assay.engines.policy.kyverno.pod_security import PodSecurity
from assay.engines.policy.kyverno.request_values import scope_of
from assay.engines.policy.kyverno.validating import Check
from assay.engines.policy.kyverno.verifying import ImageRule
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import Action, AdmissionRequest, Object, Operation, Outcome, RuleResult

Given = Callable[[str], tuple[Mapping[str, Any], Mapping[str, list[Any]]]]
"""Variables by the name of the rule: their values, and values for every element of a foreach."""
Body = Check | CelCheck | PodSecurity | ImageRule | Mutation | Generation


@dataclass(frozen=True, slots=True)
class Force:
    """What a failed rule does: ``failureAction`` and its overrides by namespace."""

    enforce: bool = False
    overrides: tuple[tuple[bool, tuple[str, ...], Mapping[str, Any]], ...] = ()

    def enforces(self, request: AdmissionRequest, world: World) -> bool:
        """Whether it denies in the request's namespace."""
        for enforce, namespaces, selector in self.overrides:
            named = not namespaces or wildcards.any_match(list(namespaces), request.namespace)
            if named and (not selector or _in_namespace(selector, request, world)):
                return enforce
        return self.enforce


def _in_namespace(selector: Mapping[str, Any], request: AdmissionRequest, world: World) -> bool:
    found = world.namespace(request.namespace) or {}
    return filters.selects(selector, labels(found))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `exceptions` are those to its policy."""

    name: str
    match: Mapping[str, Any]
    exclude: Mapping[str, Any]
    context: tuple[Entry, ...]
    preconditions: Clauses
    cel: Validations | None
    body: Body
    force: Force
    tolerates: bool = True
    """Whether an update is let through that breaks the rule as the object did before."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all rules of a policy."""

    one_rule: bool = False
    fails_closed: bool = True
    warns: bool = False
    admission: bool = True


@dataclass(frozen=True, slots=True)
class ClassicPolicy:
    """The policy; `namespace` is that of a Policy."""

    name: str
    namespace: str
    rules: tuple[Rule, ...]
    settings: Settings
    exceptions: tuple[Exempted, ...] = ()
    conditions: Validations | None = None
    """``webhookConfiguration.matchConditions``."""
    values: Given | None = None
    roles: bool = True
    """Whether a rule may ask for ``request.roles`` or ``request.clusterRoles``."""

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What its rules that validate, and those about images, say."""
        return tuple(self._asked(request, world, (Check, CelCheck, PodSecurity, ImageRule)))

    def given(self, values: Given) -> ClassicPolicy:
        """The policy with variables that a test gives to its rules."""
        return replace(self, values=values)

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What its rules change, each seeing what those before it left; and what they generate."""
        found: list[RuleResult] = []
        for kinds in ((Mutation,), (ImageRule,), (Generation,)):
            for result in self._changes(request, world, kinds):
                found.append(result)
                if result.patched is not None:
                    request = replace(request, object=result.patched)
        return tuple(found)

    def generate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What its rules generate, alone."""
        return tuple(self._changes(request, world, (Generation,)))

    @property
    def generates(self) -> bool:
        """Whether it has rules that do."""
        return any(isinstance(rule.body, Generation) for rule in self.rules)

    def mutate_existing(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """The objects that its rules change when they see the request: ``details["target"]``, or ``patched``."""
        return tuple(self._targets(request, world))

    def _takes(self, request: AdmissionRequest, world: World) -> bool:
        if not self.settings.admission or (self.namespace and self.namespace != request.namespace):
            return False
        if self.conditions is None:
            return True
        return cel_rule.conditions_hold(
            self.conditions, Asked(request, world, scope_of(request, world, self.roles), "", None)
        )

    def _asked(self, request: AdmissionRequest, world: World, kinds: tuple[type, ...]) -> Iterator[RuleResult]:
        applied = 0
        for rule in self._rules(request, world, kinds):
            answer = self._answer(rule, request, world)
            if answer is None:
                continue
            yield self._result(rule, answer, request, world)
            applied += answer.outcome in (Outcome.PASS, Outcome.FAIL)
            if applied and self.settings.one_rule:
                return

    def _rules(self, request: AdmissionRequest, world: World, kinds: tuple[type, ...]) -> Iterator[Rule]:
        if not any(isinstance(rule.body, kinds) for rule in self.rules) or not self._takes(request, world):
            return
        for rule in self.rules:
            if isinstance(rule.body, kinds) and filters.takes(rule.match, rule.exclude, request, world):
                yield rule

    def _answer(self, rule: Rule, request: AdmissionRequest, world: World) -> Answer | None:
        answer = self._judge(rule, request, world)
        bad = answer is not None and answer.outcome in (Outcome.FAIL, Outcome.ERROR)
        if not bad or not rule.tolerates or request.operation is not Operation.UPDATE or request.old_object is None:
            return answer
        if rule.preconditions or not rule.force.enforces(request, world):
            return answer  # with preconditions Kyverno 1.19 itself tolerates nothing: it cannot read them a second time
        assert answer is not None
        before = replace(request, object=request.old_object, old_object=None, raw={})
        if not filters.takes(rule.match, rule.exclude, before, world):
            return answer
        old = self._judge(rule, before, world)
        if old is not None and (old.outcome, old.message) == (answer.outcome, answer.message):
            return Answer(Outcome.SKIP, f"as it was before the update: {answer.message}")
        return answer

    def _judge(self, rule: Rule, request: AdmissionRequest, world: World) -> Answer | None:
        """The answer of a rule that takes the request; what cannot be told is an error."""
        try:
            asked = self._ask(rule, request, world)
            if isinstance(asked, Answer):
                return asked
            body = rule.body
            assert not isinstance(body, Mutation)
            if isinstance(body, ImageRule) and not self._refuses(rule, body, request, world):
                with world.aside():
                    return body.ask(asked)
            if isinstance(body, PodSecurity):
                return body.ask(asked, self._controls(rule, asked))
            return body.ask(asked)
        except AssayError as error:
            return Answer(Outcome.ERROR, error.what)

    def _refuses(self, rule: Rule, body: ImageRule, request: AdmissionRequest, world: World) -> bool:
        """Whether anybody but the record hears of what is wrong with an image."""
        named = any(check.action == "Enforce" for check in body.checks)
        return named or self.settings.warns or rule.force.enforces(request, world)

    def _ask(self, rule: Rule, request: AdmissionRequest, world: World) -> Asked | Answer:
        """What the rule is asked, or the answer where it is not."""
        outer = scope_of(request, world, self.roles)
        if self.values is not None:
            outer.give(*self.values(rule.name))
        asked = Asked(request, world, outer.inner(), rule.name, request.object)
        for exception in self.exceptions:
            if not exception.controls and exception.covers(asked):
                return Answer(Outcome.SKIP, f"excepted by {exception.name}", details={"exception": exception.name})
        entries.enter(asked.scope, rule.context)
        if rule.preconditions and not clauses.holds(rule.preconditions, asked.scope):
            return Answer(Outcome.SKIP, "preconditions not met")
        if rule.cel is not None and not cel_rule.conditions_hold(rule.cel, asked):
            return Answer(Outcome.SKIP, "CEL preconditions not met")
        return asked

    def _controls(self, rule: Rule, asked: Asked) -> list[Any]:
        return [
            control
            for exception in self.exceptions
            if exception.controls and exception.covers(asked)
            for control in exception.controls
        ]

    def _changes(self, request: AdmissionRequest, world: World, kinds: tuple[type, ...]) -> Iterator[RuleResult]:
        applied = 0
        for rule in self._rules(request, world, kinds):
            if isinstance(rule.body, Mutation) and rule.body.targets:
                continue
            answer = self._change(rule, request, world)
            if answer is None:
                continue
            if answer.patched is not None:
                request = replace(request, object=answer.patched)
            yield self._result(rule, answer, request, world)
            applied += answer.outcome in (Outcome.PASS, Outcome.FAIL)
            if applied and self.settings.one_rule:
                return

    def _change(self, rule: Rule, request: AdmissionRequest, world: World) -> Answer | None:
        try:
            asked = self._ask(rule, request, world)
            if isinstance(rule.body, ImageRule):
                return rule.body.pinned(asked) if isinstance(asked, Asked) else None
            if isinstance(asked, Answer):
                return asked
            assert isinstance(rule.body, Mutation | Generation)
            return rule.body.ask(asked)
        except AssayError as error:
            return Answer(Outcome.ERROR, error.what)

    def _targets(self, request: AdmissionRequest, world: World) -> Iterator[RuleResult]:
        for rule in self._rules(request, world, (Mutation,)):
            if not isinstance(rule.body, Mutation) or not rule.body.targets:
                continue
            try:
                asked = self._ask(rule, request, world)
                answers = [asked] if isinstance(asked, Answer) else rule.body.existing(asked)
                for answer in answers:
                    yield self._result(rule, answer, request, world)
            except AssayError as error:
                yield self._result(rule, Answer(Outcome.ERROR, error.what), request, world)

    def _result(self, rule: Rule, answer: Answer, request: AdmissionRequest, world: World) -> RuleResult:
        details: Object = {key: value for key, value in answer.details.items() if key != "failureAction"}
        action = self._action(rule, answer, request, world)
        if answer.outcome in (Outcome.FAIL, Outcome.ERROR):
            details = {"kind": "Policy" if self.namespace else "ClusterPolicy", "mend": explained(self.name), **details}
        return RuleResult(
            self.name, rule.name, answer.outcome, answer.message, action, details, answer.patched, answer.generated
        )

    def _action(self, rule: Rule, answer: Answer, request: AdmissionRequest, world: World) -> Action:
        own = answer.details.get("failureAction")
        enforces = own == "Enforce" if own else rule.force.enforces(request, world)
        if isinstance(rule.body, Generation):
            return Action.AUDIT
        if answer.outcome is Outcome.ERROR and (enforces or isinstance(rule.body, Mutation)):
            return Action.DENY if self.settings.fails_closed else Action.AUDIT
        if enforces:
            return Action.DENY
        return Action.WARN if self.settings.warns else Action.AUDIT
