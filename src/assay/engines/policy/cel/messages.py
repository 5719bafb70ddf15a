"""Messages that mutating policies make: ``Object{spec: Object.spec{...}}`` and ``JSONPatch{...}``.

They are checked by form, not against the schema of a kind: a field of ``Object`` is any name, and the type that
stands in a field is named by the path to it, as the API server wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.engines.policy.cel.faults import NoCel
from assay.engines.policy.cel.values import Opaque, Value

Maker = Callable[[str, Sequence[str]], Callable[[dict[str, Value]], Value] | None]
"""Asks by the name of a type and the fields that are given for what makes it; None: no such type."""


class Patch(Opaque):
    """One operation of a JSON patch (RFC 6902)."""

    cel_type = "JSONPatch"
    __slots__ = ("operation",)
    FIELDS = frozenset(("op", "path", "from", "value"))

    def __init__(self, operation: Mapping[str, Any]) -> None:
        self.operation = dict(operation)

    def select(self, field: str) -> Value:
        """A field; those that were not given are empty."""
        return self.operation.get(field, None if field == "value" else "")

    def has(self, field: str) -> bool:
        """Whether the field was given."""
        return field in self.operation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patch) and self.operation == other.operation

    def __hash__(self) -> int:
        return hash(str(self.operation))

    def plain(self) -> dict[str, Any]:
        """The operation as JSON has it."""
        from assay.engines.policy.cel.values import plain

        return {key: plain(value) for key, value in self.operation.items()}


def mutation_types(name: str, fields: Sequence[str]) -> Callable[[dict[str, Value]], Value] | None:
    """``JSONPatch`` and ``Object`` with everything under it."""
    if name == "JSONPatch":
        if unknown := [field for field in fields if field not in Patch.FIELDS]:
            raise NoCel(f"JSONPatch has no field {unknown[0]!r:.80}")
        return Patch
    return dict if name == "Object" or name.startswith("Object.") else None
