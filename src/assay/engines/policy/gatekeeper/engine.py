"""Constraints and mutators as policies: what they say of a request, and of what its object expands to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.engines.policy.gatekeeper import inventory, reviews
from assay.engines.policy.gatekeeper.constraints import ACTIONS, WEBHOOK, Constraint
from assay.engines.policy.gatekeeper.expansion import Expander
from assay.engines.policy.gatekeeper.matching import Target, labels, like
from assay.engines.policy.gatekeeper.mutation import Mutators
from assay.engines.policy.gatekeeper.providers import Provider, WorldCalls
from assay.engines.policy.gatekeeper.reviews import Review
from assay.engines.policy.gatekeeper.templates import Asked, Violation
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind, Object, Outcome, RuleResult

IGNORE = "admission.gatekeeper.sh/ignore"
"""The label that takes a namespace out of Gatekeeper's hands."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all constraints share.

    `excluded` are patterns of namespaces, by process (``webhook``, ``mutation-webhook``, ``audit``, ``sync``, ``*``).
    """

    expander: Expander = field(default_factory=Expander)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    synced: tuple[GroupVersionKind, ...] = ()
    excluded: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = ()

    def spares(self, process: str, request: AdmissionRequest, world: World) -> bool:
        """Whether Gatekeeper leaves the namespace of `request` alone."""
        own = request.kind.kind == "Namespace" and not request.kind.group
        name = (request.name if own else "") or request.namespace
        patterns = [pattern for processes, names in self.excluded if processes & {process, "*"} for pattern in names]
        if name and any(like(pattern, name) for pattern in patterns):
            return True
        namespace = request.object or request.old_object if own else world.namespace(name) if name else None
        return IGNORE in labels(namespace or {})


@dataclass(frozen=True, slots=True)
class ConstraintPolicy:
    """One constraint, at one enforcement point, judged by one engine (by default Gatekeeper's choice)."""

    constraint: Constraint
    surroundings: Surroundings = field(default_factory=Surroundings)
    point: str = WEBHOOK
    engine: str = ""

    @property
    def name(self) -> str:
        """``KIND/NAME``."""
        return self.constraint.title

    def at(self, point: str) -> ConstraintPolicy:
        """The same at another enforcement point."""
        return replace(self, point=point)

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Constraints change nothing."""
        return ()

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """See `assay.engines.policy.world.Policy`."""
        try:
            if self.constraint.action(self.point) is None or self.surroundings.spares("webhook", request, world):
                return ()
            review = reviews.of_request(request, world)
            return self.review(review, world, request.user.username)
        except AssayError as error:
            return (self._result(Outcome.ERROR, error.what, self._action("")),)

    def review(
        self, review: Review, world: World, username: str = "", known: Mapping[str, object] | None = None
    ) -> tuple[RuleResult, ...]:
        """What it says of `review` and of what its object expands to.

        `known` is the inventory, where that is given and not read from the cluster. Raises `AssayError`.
        """
        if self.constraint.action(self.point) is None:
            return ()
        found = [*self._one(review, world, known)]
        item = review.document.get("object")
        if isinstance(item, dict):
            for made in self.surroundings.expander.expand(item, review.namespace, world, username):
                found += self._one(reviews.generated(review, *made), world, known)
        return tuple(found)

    def _one(self, review: Review, world: World, known: Mapping[str, object] | None) -> Iterator[RuleResult]:
        action = self._action(review.action)
        try:
            if not any(self.constraint.match.takes(target) for target in review.targets()):
                return
            violations = self._violations(review, world, known)
        except AssayError as error:
            yield self._result(Outcome.ERROR, _implied(review, error.what), action)
            return
        for violation in violations:
            outcome = Outcome.ERROR if violation.is_error else Outcome.FAIL
            yield self._result(outcome, _implied(review, violation.message), action, {"details": violation.details})
        if not violations:
            yield self._result(Outcome.PASS, "", action)

    def _violations(self, review: Review, world: World, known: Mapping[str, object] | None) -> Sequence[Violation]:
        template = self.constraint.template
        if known is None:
            kinds = dict.fromkeys((*self.surroundings.synced, *template.needs))
            known = inventory.of_cluster(world, kinds) if template.reads_inventory else {}
        calls = WorldCalls(world, self.surroundings.providers)
        return template.code(self.engine).violations(Asked(review, self.constraint.parameters, known, calls, world))

    def _action(self, wanted: str) -> Action:
        return ACTIONS[wanted] if wanted else self.constraint.action(self.point) or Action.DENY

    def _result(self, outcome: Outcome, message: str, action: Action, details: Object | None = None) -> RuleResult:
        return RuleResult(self.name, self.constraint.template.kind, outcome, message, action, details or {})


def _implied(review: Review, message: str) -> str:
    return f"[Implied by {review.implied}] {message}" if review.implied else message


@dataclass(frozen=True, slots=True)
class MutationPolicy:
    """All mutators of Gatekeeper as one policy, since they work on an object until it stays as it is."""

    mutators: Mutators
    surroundings: Surroundings = field(default_factory=Surroundings)
    name: str = "Mutators/gatekeeper"

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """See `assay.engines.policy.world.Policy`."""
        if not reviews.is_mutable(request) or request.object is None or request.sub_resource:
            return ()
        try:
            if self.surroundings.spares("mutation-webhook", request, world):
                return ()
            namespace = world.namespace(request.namespace) if request.namespace else None
            target = Target(request.object, namespace)
            change = self.mutators.apply(target, str(request.operation), world, request.user.username)
        except AssayError as error:
            return (RuleResult(self.name, "mutate", Outcome.ERROR, error.what),)
        if change is None:
            return ()
        message = "changed by " + ", ".join(change.by)
        return (RuleResult(self.name, "mutate", Outcome.PASS, message, patched=change.object),)

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Mutators deny nothing."""
        return ()
