"""Conditions on verified statements, in CEL (the Common Expression Language, cel.dev).

A condition sees `predicate`, `statement`, `now`, and `signed`, the verified times of the signature
(texts, for ``timestamp()``). It is bounded as policies are: a statement of any size ends its evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import Costly, NoCel, Untold
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
        try:
            self._program = _environment().compile(text)
        except NoCel as error:
            raise UsageError(f"the condition {text!r} is no CEL: {error}", "mend it at that place") from error

    def check(self, statement: dict[str, Json], now: datetime, signed: Sequence[str]) -> None:
        """Raises `Refused` where it does not hold, or cannot be told; the times `signed` are texts (RFC 3339)."""
        known = {"statement": statement, "predicate": statement.get("predicate"), "now": now, "signed": list(signed)}
        try:
            found = self._program.evaluate(known)
        except (Untold, Costly) as error:
            raise Refused(f"the condition {self.text!r} cannot be told: {error!s:.300}") from error
        if found is not True:
            raise Refused(f"the condition {self.text!r} does not hold: it is {found!s:.300}")


@cache
def _environment() -> Environment:
    return Environment(("predicate", "statement", "signed", "now"))
