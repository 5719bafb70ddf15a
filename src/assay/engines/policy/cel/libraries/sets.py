"""Lists taken for sets (cel-go's `ext.Sets`)."""

from __future__ import annotations

from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.operators import contained
from assay.engines.policy.cel.values import Value


def _contains(values: list[Value], others: list[Value]) -> bool:
    if _texts(values) and _texts(others):
        return set(values) >= set(others)
    return all(contained(other, values) for other in others)


def _intersects(values: list[Value], others: list[Value]) -> bool:
    if _texts(values) and _texts(others):
        return not set(values).isdisjoint(others)
    return any(contained(other, values) for other in others)


def _texts(values: list[Value]) -> bool:
    return all(type(value) is str for value in values)


SETS = Library(
    "sets",
    {
        "sets.contains(list, list): bool": _contains,
        "sets.equivalent(list, list): bool": lambda one, other: _contains(one, other) and _contains(other, one),
        "sets.intersects(list, list): bool": _intersects,
    },
)
