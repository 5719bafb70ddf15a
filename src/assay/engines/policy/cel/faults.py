"""What goes wrong with an expression: it is no CEL (when loaded), or it cannot be told (when evaluated)."""

from __future__ import annotations

from assay.errors import AssayError, LimitExceeded, Malformed


class NoCel(Malformed):
    """A text that is no CEL, or names what its environment does not have."""


class Untold(Malformed):
    """An evaluation without an answer: a key that is missing, an operation that the types do not have."""


class Costly(LimitExceeded):
    """An evaluation that takes more steps, or makes larger values, than is allowed."""


def no_overload(function: str, *arguments: object) -> Untold:
    """`function` does not exist for what `arguments` are."""
    kinds = ", ".join(type(argument).__name__ for argument in arguments)
    return Untold(f"no such overload: {function}({kinds})")


FAULTS = (AssayError, RecursionError)
"""What ends the evaluation of a policy: an object that is nested without end is an error of the rule, too."""
