"""Policies of other engines only report, until they are to be enforced: so assay can stand beside what runs today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.errors import UsageError
from assay.model.policy import Action, AdmissionRequest, RuleResult

if TYPE_CHECKING:
    from assay.engines.policy.world import Policy, World

ENGINES = ("kyverno", "gatekeeper", "policy-controller", "kubernetes")
"""What ``--enforce`` takes."""
_OF_FOLDER = {"kyverno_cel": "kyverno", "policy_controller": "policy-controller", "native": ""}


def engine_of(policy: Policy) -> str:
    """The engine whose language a policy is in; empty for assay's own."""
    folder = type(policy).__module__.removeprefix("assay.engines.policy.").partition(".")[0]
    return _OF_FOLDER.get(folder, folder)


def enforced(names: Collection[str]) -> frozenset[str]:
    """The engines named; raises `UsageError` for one that is none."""
    for name in names:
        if name not in ENGINES:
            raise UsageError(f"--enforce {name}: there is no such engine", f"there are {', '.join(ENGINES)}")
    return frozenset(names)


def beside(policies: Sequence[Policy], names: Collection[str]) -> tuple[Policy, ...]:
    """The policies, those of engines that are not enforced made to report only."""
    return tuple(item if (engine := engine_of(item)) in names or not engine else Reporting(item) for item in policies)


class Reporting:
    """A policy that changes and refuses nothing."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @property
    def name(self) -> str:
        """As before."""
        return self._policy.name

    @property
    def inner(self) -> Policy:
        """The policy itself."""
        return self._policy

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing."""
        return ()

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What it says, for the record."""
        with world.aside():
            found = self._policy.validate(request, world)
        reports = {"reportsOnly": True}
        return tuple(replace(item, action=Action.AUDIT, details={**item.details, **reports}) for item in found)
