"""Values like one that was given, with one part replaced by something of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_OTHERS: tuple[Any, ...] = (None, 1, "x", [], {}, [None])


def mutations(value: Any) -> Iterator[Any]:
    """Each part of an object of JSON in turn as null, number, text, array and object."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: other} for other in _OTHERS)
            yield from ({**value, key: other} for other in mutations(item))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from ([*value[:position], other, *value[position + 1 :]] for other in mutations(item))
