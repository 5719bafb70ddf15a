"""What every policy of Kyverno's CEL kinds does alike: name, the form that takes a request, what faults come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from assay.engines.policy.cel.faults import FAULTS, Costly, Untold
from assay.engines.policy.kyverno_cel.scope import Form, Scope
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, Outcome, RuleResult


class WithForm(Protocol):
    """A form with the expressions of a kind."""

    @property
    def form(self) -> Form:
        """What it matches."""
        ...


F = TypeVar("F", bound=WithForm)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A policy with a scope; the kinds say what of `validate` and `mutate` they do."""

    scope: Scope

    @property
    def name(self) -> str:
        """Of the policy."""
        return self.scope.name

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing, unless the kind validates."""
        return ()

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing, unless the kind mutates."""
        return ()

    def first(
        self, forms: Iterable[F], request: AdmissionRequest, world: World, judge: Callable[[F], RuleResult | None]
    ) -> tuple[RuleResult, ...]:
        """One result at most, of the first form that takes the request; a fault is one."""
        for found in forms:
            try:
                if found.form.match.takes(request, world):
                    return _one(judge(found))
            except FAULTS as error:
                return (self.scope.result(Outcome.ERROR, str(error), found.form.rule),)
        return ()

    def payload_result(self, judge: Callable[[], RuleResult | None]) -> tuple[RuleResult, ...]:
        """One result at most, about a document that is no Kubernetes request; a fault is one."""
        try:
            return _one(judge())
        except FAULTS as error:
            return (self.scope.result(Outcome.ERROR, str(error)),)

    def meets(self, conditions: Callable[[], bool]) -> bool:
        """Whether conditions hold; where they fail and failures are ignored, they do not."""
        try:
            return conditions()
        except (Untold, Costly):
            if self.scope.fails_closed:
                raise
            return False


def _one(result: RuleResult | None) -> tuple[RuleResult, ...]:
    return (result,) if result is not None else ()
