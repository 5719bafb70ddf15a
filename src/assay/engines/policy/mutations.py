"""Mutations in CEL: ``JSONPatch`` and ``ApplyConfiguration``, shared by Kubernetes' and Kyverno's kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.engines.policy import applying, patching
from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.cel.messages import Patch
from assay.engines.policy.cel.validations import compiled
from assay.engines.policy.cel.values import Value, kind, plain
from assay.errors import Malformed
from assay.model.policy import Object

_FIXED = ("apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.uid")
"""What a mutation may not change."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One entry of ``mutations``; `guarded` refuses to replace atomic fields, as the API server does."""

    program: Program
    patches: bool
    guarded: bool = True

    def apply(self, item: Object, bindings: Mapping[str, Value], context: object = None) -> Object:
        """`item` after the mutation; raises `Untold` where it cannot be told or done."""
        found = self.program.evaluate({**bindings, "object": item}, context)
        try:
            changed = self._patched(item, found) if self.patches else self._merged(item, found)
        except Malformed as error:
            raise Untold(str(error)) from error
        return _checked(item, changed)

    def _patched(self, item: Object, found: Value) -> Object:
        if not isinstance(found, list) or not all(isinstance(operation, Patch) for operation in found):
            raise Untold(f"the patch is no list of JSONPatch but {kind(found)}")
        return patching.apply(item, [operation.plain() for operation in found])

    def _merged(self, item: Object, found: Value) -> Object:
        if not isinstance(found, dict):
            raise Untold(f"the apply configuration is no Object but {kind(found)}")
        applied = plain(found)
        if self.guarded and (place := applying.atomic(applied)):
            raise Untold(f"an apply configuration may not mutate atomic arrays, maps or structs: {place}")
        return applying.merge(item, applied)


def load(spec: Object, environment: Environment, place: str, guarded: bool = True) -> tuple[Mutation, ...]:
    """``mutations``; raises `Malformed` with the place of what is wrong."""
    found: list[Mutation] = []
    for item, where in objects(spec, "mutations", place):
        only(item, ("patchType", "jsonPatch", "applyConfiguration"), where)
        patches = text(item, "patchType", where, ("JSONPatch", "ApplyConfiguration")) == "JSONPatch"
        field = "jsonPatch" if patches else "applyConfiguration"
        inner = mapping(item, field, where)
        only(inner, ("expression",), f"{where}.{field}")
        if not inner:
            wrong(f"{where}.{field}", "missing, as patchType wants it")
        found.append(Mutation(compiled(environment, inner, "expression", f"{where}.{field}"), patches, guarded))
    return tuple(found)


def _checked(before: Object, after: Object) -> Object:
    """`after`, if it is still the same object."""
    for path in _FIXED:
        if _at(before, path) != _at(after, path) and _at(before, path) is not None:
            raise Untold(f"a mutation may not change {path}")
    return after


def _at(item: Object, path: str) -> object:
    first, _, second = path.partition(".")
    found = item.get(first)
    return found.get(second) if second and isinstance(found, dict) else found
