"""Conditions on verified statements, in CEL (the Common Expression Language, cel.dev).

A condition sees `predicate`, `statement`, `now`, and `signed`, the verified times of the signature
(texts, for ``timestamp()``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assay.errors import Refused, UsageError
from assay.formats.json import Json

MAX_LENGTH = 4096
"""Characters of a condition."""


class Condition:
    """A compiled condition; raises `UsageError` for text that is none, with the place in it."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise UsageError(f"a condition has over {MAX_LENGTH} characters", "split it: all conditions must hold")
        self.text = text
        cel = _cel()
        kinds = {"predicate": cel.Type.DYN, "statement": cel.Type.DYN, "signed": cel.Type.DYN}
        environment = cel.NewEnv(variables={**kinds, "now": cel.Type.TIMESTAMP})
        try:
            self._compiled = environment.compile(text)
        except (RuntimeError, ValueError, TypeError) as error:
            said = str(error).partition("ERROR: ")[2].partition("\n")[0] or str(error)
            raise UsageError(f"the condition {text!r} is no CEL: {said:.300}", "mend it at that place") from error

    def check(self, statement: dict[str, Json], now: datetime, signed: Sequence[str]) -> None:
        """Raises `Refused` where it does not hold, or cannot be told; the times `signed` are texts (RFC 3339)."""
        known = {"statement": statement, "predicate": statement.get("predicate"), "now": now, "signed": list(signed)}
        try:
            found = self._compiled.eval(data=known).value()
        except (RuntimeError, ValueError, TypeError) as error:
            raise Refused(f"the condition {self.text!r} cannot be told: {error!s:.300}") from error
        if found is not True:
            raise Refused(f"the condition {self.text!r} does not hold: it is {found!s:.300}")


def _cel() -> Any:
    try:
        from cel_expr_python import cel
    except ImportError as error:
        raise UsageError("conditions need CEL, which is not installed", "install the extra `policy`") from error
    return cel
