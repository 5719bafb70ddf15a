"""Conditions in CEL, compiled when the policy is loaded: over a whole request, or over one attestation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.errors import Malformed, Refused, UsageError
from assay.model.assay_policy import Condition

MAX_LENGTH = 4096
REQUEST = ("object", "oldObject", "request", "namespaceObject", "images")
"""What a condition of a policy sees; ``images`` have container, reference, registry, repository, tag and digest."""
STATEMENT = ("predicate", "statement", "image", "signed")
"""What a condition of an attestation sees; ``signed`` are the verified times as texts. All see ``now``."""


class Compiled:
    """A condition that can be asked."""

    def __init__(self, condition: Condition, variables: tuple[str, ...]) -> None:
        """Raises `Malformed` for what is no CEL, with the place in it."""
        if len(condition.expression) > MAX_LENGTH:
            raise Malformed(f"a condition has over {MAX_LENGTH} characters", "split it: all must hold")
        self.condition = condition
        cel = _cel()
        known = dict.fromkeys(variables, cel.Type.DYN)
        try:
            environment = cel.NewEnv(variables={**known, "now": cel.Type.TIMESTAMP})
            self._program = environment.compile(condition.expression)
        except (RuntimeError, ValueError, TypeError) as error:
            said = str(error).partition("ERROR: ")[2].partition("\n")[0] or str(error)
            what = f"the condition {condition.expression!r:.200} is no CEL: {said:.300}"
            raise Malformed(what, "mend it at that place") from error

    def check(self, data: Mapping[str, Any], now: datetime) -> None:
        """Raise `Refused` where it does not hold, or cannot be told."""
        condition = self.condition
        try:
            found = self._program.eval(data={**data, "now": now}).value()
        except (RuntimeError, ValueError, TypeError) as error:
            raise Refused(f"the condition {condition.expression!r:.300} cannot be told: {error!s:.200}") from error
        if found is not True:
            told = condition.message or f"the condition {condition.expression!r:.300} does not hold"
            raise Refused(told)


def _cel() -> Any:
    try:
        from cel_expr_python import cel
    except ImportError as error:
        raise UsageError("conditions need CEL, which is not installed", "install the extra `policy`") from error
    return cel
