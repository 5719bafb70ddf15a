"""What an evaluation knows and may still spend."""

from __future__ import annotations

from time import monotonic
from typing import Any

from assay.engines.policy.cel.faults import Costly

MAX_STEPS = 250_000
"""Rounds of comprehensions in one evaluation; the API server's limit per expression comes to about as many."""
MAX_SECONDS = 2.0
"""Of one evaluation, whatever it does."""
MAX_TEXT = 4 << 20
"""Characters, or bytes, of a value that an expression makes."""
MAX_ITEMS = 200_000
"""Items of a list that an expression makes."""
_LOOK_AT_CLOCK = 63


class Spending:
    """Steps and seconds that are left; the variables of a policy share one."""

    __slots__ = ("deadline", "steps")

    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self.deadline = 0.0

    def spend(self) -> None:
        """One more step; raises `Costly` when there is nothing left to spend."""
        self.steps -= 1
        if self.steps < 0:
            raise Costly(f"the expression takes over {MAX_STEPS} steps", "narrow the lists that it goes through")
        if not self.steps & _LOOK_AT_CLOCK:
            self._look()

    def _look(self) -> None:
        now = monotonic()
        if not self.deadline:
            self.deadline = now + MAX_SECONDS
        elif now > self.deadline:
            raise Costly(f"the expression takes over {MAX_SECONDS:.0f} seconds")


class Frame(dict[str, Any]):
    """The variables in scope; `context` is for the functions of libraries that look outside."""

    __slots__ = ("context", "spending")

    def __init__(self, bindings: dict[str, Any], context: object = None, spending: Spending | None = None) -> None:
        super().__init__(bindings)
        self.context = context
        self.spending = spending or Spending()


def text(value: str) -> str:
    """`value`, if it is not too long to go on with."""
    if len(value) > MAX_TEXT:
        raise Costly(f"a text of the expression has over {MAX_TEXT} characters")
    return value


def items(value: list[Any]) -> list[Any]:
    """`value`, if it has not too many items to go on with."""
    if len(value) > MAX_ITEMS:
        raise Costly(f"a list of the expression has over {MAX_ITEMS} items")
    return value
