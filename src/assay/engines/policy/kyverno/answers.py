"""What a rule answers, before the policy makes a result of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import shown
from assay.engines.policy.kyverno.substitution import text as filled
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import AdmissionRequest, Object, Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """Outcome and message; what was changed or made."""

    outcome: Outcome
    message: str = ""
    patched: Object | None = None
    generated: tuple[Object, ...] = ()
    details: Object = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule is asked: the request, and what variables stand for."""

    request: AdmissionRequest
    world: World
    scope: Scope
    rule: str
    item: Object | None
    """The object that patterns are held against."""

    @property
    def is_delete(self) -> bool:
        """Whether the object is to go."""
        return self.request.object is None


def explained(name: str) -> str:
    """The command that says what of an object a policy wants otherwise."""
    return f"assay policy explain POLICIES --name {name} --resource FILE"


def message_of(source: str, scope: Scope) -> str:
    """A message with its variables; as it is written where they have no value."""
    try:
        found: Any = filled(source, scope)
    except AssayError:
        return source
    return shown(found)
