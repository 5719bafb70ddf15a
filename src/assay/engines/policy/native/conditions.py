"""Conditions in CEL, compiled when the policy is loaded: over a whole request, or over one attestation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import Costly, NoCel, Untold
from assay.errors import Malformed, Refused
from assay.model.assay_policy import Condition

MAX_LENGTH = 4096
REQUEST = ("object", "oldObject", "request", "namespaceObject", "images")
"""What a condition of a policy sees; ``images`` have container, reference, registry, repository, tag and digest."""
STATEMENT = ("predicate", "statement", "image", "signed")
"""What a condition of an attestation sees; ``signed`` are the verified times as texts. All see ``now``."""


class Compiled:
    """A condition that can be asked; bounded as those of every other language."""

    def __init__(self, condition: Condition, variables: tuple[str, ...]) -> None:
        """Raises `Malformed` for what is no CEL, with the place in it."""
        if len(condition.expression) > MAX_LENGTH:
            raise Malformed(f"a condition has over {MAX_LENGTH} characters", "split it: all must hold")
        self.condition = condition
        try:
            self._program = _environment(variables).compile(condition.expression)
        except NoCel as error:
            what = f"the condition {condition.expression!r:.200} is no CEL: {error!s:.300}"
            raise Malformed(what, "mend it at that place") from error

    def check(self, data: Mapping[str, Any], now: datetime) -> None:
        """Raise `Refused` where it does not hold, or cannot be told."""
        condition = self.condition
        try:
            found = self._program.evaluate({**data, "now": now})
        except (Untold, Costly) as error:
            raise Refused(f"the condition {condition.expression!r:.300} cannot be told: {error!s:.200}") from error
        if found is not True:
            told = condition.message or f"the condition {condition.expression!r:.300} does not hold"
            raise Refused(told)


def compiled(conditions: Sequence[Condition], variables: tuple[str, ...], field: str) -> tuple[Compiled, ...]:
    """All conditions of a field; raises `Malformed`, which names the one that cannot be compiled."""
    found = []
    for number, item in enumerate(conditions):
        try:
            found.append(Compiled(item, variables))
        except Malformed as error:
            raise Malformed(f"{field}[{number}].expression: {error.what}", error.remedy) from error
    return tuple(found)


@cache
def _environment(variables: tuple[str, ...]) -> Environment:
    return Environment((*variables, "now"))
