"""Constraints (constraints.gatekeeper.sh): a template's code with parameters, for what it matches.

``spec``: ``match``, ``parameters`` (judged by the template's schema), ``enforcementAction`` (deny, warn, dryrun or
scoped) and ``scopedEnforcementActions``, which say what happens where: at the webhook, in audit, with gator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.gatekeeper.matching import Match
from assay.engines.policy.gatekeeper.schema import SchemaFault, problems, unknown
from assay.engines.policy.gatekeeper.templates import Template
from assay.errors import Malformed
from assay.model.policy import Action, GroupVersionKind, Object

GROUP = "constraints.gatekeeper.sh"
VERSIONS = ("v1beta1", "v1alpha1")
WEBHOOK, AUDIT, GATOR, NATIVE = (
    "validation.gatekeeper.sh",
    "audit.gatekeeper.sh",
    "gator.gatekeeper.sh",
    "vap.k8s.io",
)
ACTIONS: Mapping[str, Action] = {"deny": Action.DENY, "warn": Action.WARN, "dryrun": Action.AUDIT}
_STRENGTH = (Action.AUDIT, Action.WARN, Action.DENY)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint; `actions` are what it does at each enforcement point, by ``*`` everywhere."""

    name: str
    template: Template
    match: Match
    parameters: Object
    actions: Mapping[str, Action]

    @property
    def title(self) -> str:
        """``KIND/NAME``."""
        return f"{self.template.kind}/{self.name}"

    def action(self, point: str) -> Action | None:
        """What it does at `point`, the strictest; None where it is not evaluated there."""
        found = [self.actions[name] for name in ("*", point) if name in self.actions]
        return max(found, key=_STRENGTH.index) if found else None


def load(item: Object, template: Template, place: str) -> Constraint:
    """Raises `SchemaFault` for what the template's schema does not allow, `Malformed` for the rest."""
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    version = GroupVersionKind.of(item).version
    if version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{version or 'no version'} is none of {', '.join(VERSIONS)}")
    name = text(mapping(item, "metadata", place), "name", f"{place}: metadata")
    if not _NAME.fullmatch(name) or len(name) > 63:
        wrong(f"{place}: metadata.name", f"{name!r:.80} is no name of an object")
    try:
        return _load(item, template, f"{place}: spec", name)
    except SchemaFault:
        raise
    except Malformed as error:
        raise SchemaFault(error.what, error.remedy) from error


def _load(item: Object, template: Template, place: str, name: str) -> Constraint:
    spec = mapping(item, "spec", place)
    only(spec, ("match", "parameters", "enforcementAction", "scopedEnforcementActions"), place)
    parameters = spec.get("parameters")
    if parameters is not None:
        for problem in problems(template.schema, parameters, f"{place}.parameters"):
            raise SchemaFault(problem, f"the template of {template.kind} says what parameters may be")
    given = parameters if isinstance(parameters, dict) else {}
    return Constraint(name, template, Match.load(spec, place), given, _actions(spec, place))


def _actions(spec: Object, place: str) -> dict[str, Action]:
    action = text(spec, "enforcementAction", place, (*ACTIONS, "scoped"), "deny")
    if action != "scoped":
        return {"*": ACTIONS[action]}
    found: dict[str, Action] = {}
    for scoped, where in objects(spec, "scopedEnforcementActions", place):
        only(scoped, ("action", "enforcementPoints"), where)
        kind = ACTIONS[text(scoped, "action", where, tuple(ACTIONS))] if scoped.get("action") else None
        for point, spot in objects(scoped, "enforcementPoints", where):
            only(point, ("name",), spot)
            name = text(point, "name", spot, (WEBHOOK, AUDIT, GATOR, NATIVE, "*"))
            if kind is None:
                wrong(f"{where}.action", "an action is missing")
            found[name] = max((kind, found.get(name, kind)), key=_STRENGTH.index)
    if not found:
        wrong(f"{place}.scopedEnforcementActions", "must be there where enforcementAction is scoped")
    return found


def remarks(constraint: Constraint) -> list[str]:
    """What an API server would drop without a word: parameters that the template does not name."""
    return [*unknown(constraint.template.schema, constraint.parameters, "spec.parameters")]
