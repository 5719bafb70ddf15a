"""``variables.x``: named expressions of a policy, computed once, when they are first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.engines.policy.cel.environment import Program
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.frame import Spending
from assay.engines.policy.cel.values import Opaque, Value


class Variables(Opaque):
    """The variables of one evaluation; an expression sees those before it."""

    cel_type = "kubernetes.variables"
    __slots__ = ("_bindings", "_context", "_programs", "_running", "_spending", "_values")

    def __init__(
        self,
        programs: Mapping[str, Program],
        bindings: Mapping[str, Value],
        context: object = None,
        known: Mapping[str, Value] | None = None,
    ) -> None:
        """`known` are variables that have their values from elsewhere."""
        self._programs, self._context = programs, context
        self._values: dict[str, Value | Untold] = dict(known or {})
        self._bindings = {**bindings, "variables": self}
        self._running: set[str] = set()
        self._spending = Spending()

    def select(self, field: str) -> Value:
        """The value of the variable; its fault is the fault of whoever asks."""
        if field not in self._values:
            self._values[field] = self._compute(field)
        found = self._values[field]
        if isinstance(found, Untold):
            raise Untold(str(found))
        return found

    def has(self, field: str) -> bool:
        """Whether there is such a variable."""
        return field in self._values or field in self._programs

    def rebind(self, name: str, value: Value) -> None:
        """Let variables that were not yet asked for see another value of `name`."""
        self._bindings[name] = value

    def names(self) -> Sequence[str]:
        """The names of all variables."""
        return [*self._programs, *(name for name in self._values if name not in self._programs)]

    def _compute(self, field: str) -> Value | Untold:
        program = self._programs.get(field)
        if program is None:
            return Untold(f"no such key: {field:.80}")
        if field in self._running:
            return Untold(f"variable {field} asks for itself")
        self._running.add(field)
        try:
            return program.evaluate(self._bindings, self._context, self._spending)
        except Untold as error:
            return Untold(f"variable {field!r}: {error}")
        finally:
            self._running.discard(field)
