"""Objects of assay's own kinds, as they come to the API server: what could not be loaded is refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay.app import own_policies, policies
from assay.app.cluster_policies import place
from assay.app.policy_kinds import OWN
from assay.engines.policy import deciding
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import AdmissionRequest, Object, Operation, Outcome

if TYPE_CHECKING:
    from assay.app.break_glass import Glasses
    from assay.model.decision import Decision

_INVALID = 422
_WARNED = 250
"""Characters of a warning; the API cuts longer ones."""
_CEL = tuple(f"{kind}Policy" for kind in ("Validating", "ImageValidating", "Mutating", "Generating", "Deleting"))
_ALONE = {
    "kyverno.io": ("ClusterPolicy", "Policy"),
    "policies.kyverno.io": (*_CEL, *(f"Namespaced{kind}" for kind in _CEL)),
    "policy.sigstore.dev": ("ClusterImagePolicy",),
}
"""Kinds of which each object can be read by itself, by group."""


def refusal(request: AdmissionRequest, glasses: Glasses | None) -> Decision | None:
    """The refusal of an object of ours that is none; None for what may be, and for whatever else is asked about.

    Who changes labels or finalizers alone is not told what is wrong with the rest: it stands there already.
    """
    item = request.object
    if request.kind.group != OWN or request.sub_resource or item is None:
        return None
    if request.operation is Operation.UPDATE and (request.old_object or {}).get("spec") == item.get("spec"):
        return None
    problem = fault(item, glasses)
    if problem is None:
        return None
    message = f"{problem.what}; {problem.remedy}" if problem.remedy else problem.what
    return replace(deciding.decide(()), allowed=False, verdict=str(Outcome.ERROR), message=message, code=_INVALID)


def warnings(request: AdmissionRequest) -> tuple[str, ...]:
    """What is said to who writes a policy of another engine that cannot be loaded here; it is not refused."""
    item = request.object
    if item is None or request.sub_resource or request.kind.kind not in _ALONE.get(request.kind.group, ()):
        return ()
    where = place(item)
    bare = {key: value for key, value in item.items() if key != "status"}
    problems = policies.of_manifests([Manifest(bare, where, 1)]).problems
    return tuple(f"assay does not evaluate it: {reason(problem.what, where)}"[:_WARNED] for problem in problems)


def fault(item: Object, glasses: Glasses | None) -> AssayError | None:
    """Why an object of ours cannot be loaded: kind, name, field and reason."""
    bare = {key: value for key, value in item.items() if key != "status"}
    where = place(item)
    for problem in own_policies.of_manifests([Manifest(bare, where, 1)], (), glasses).problems:
        return AssayError(reason(problem.what, where), problem.remedy)
    return None


def reason(what: str, where: str) -> str:
    """What is said of an object, without where it stands."""
    return what.removeprefix(f"{where}:1: ")
