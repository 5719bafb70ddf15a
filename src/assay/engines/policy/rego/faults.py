"""What goes wrong with Rego: it cannot be compiled (when loaded), or it has no answer (when evaluated)."""

from __future__ import annotations

from assay.errors import Malformed


class NoRego(Malformed):
    """A module that is no Rego, or uses what is not there; `line` is where, from 1, and 0 where that is unknown."""

    def __init__(self, what: str, remedy: str = "", line: int = 0) -> None:
        super().__init__(what, remedy or "mend the module at that place")
        self.line = line


class RegoError(Malformed):
    """An evaluation without an answer: rules in conflict, a builtin that refuses its arguments, a call that failed."""
