"""JSON Patch (RFC 6902), made: the operations that turn one document into another.

Example: ``[{"op": "add", "path": "/metadata/labels", "value": {}}, {"op": "replace", "path": "/spec/x", "value": 1}]``.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded
from assay.formats.json import Json, Object

MAX_DEPTH = 200


def diff(old: Json, new: Json) -> list[Json]:
    """Operations, in the order in which they are applied; lists are compared place by place.

    Raises `LimitExceeded` for documents nested deeper than `MAX_DEPTH`.
    """
    return [*_diff(old, new, "", 0)]


def _diff(old: Json, new: Json, path: str, depth: int) -> Iterator[Object]:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"a document nested deeper than {MAX_DEPTH}")
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(old, new, path, depth)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path, depth)
    elif type(old) is not type(new) or old != new:
        yield {"op": "replace", "path": path, "value": new}


def _objects(old: Object, new: Object, path: str, depth: int) -> Iterator[Object]:
    for key in old:
        if key not in new:
            yield {"op": "remove", "path": f"{path}/{_escaped(key)}"}
    for key, value in new.items():
        place = f"{path}/{_escaped(key)}"
        if key in old:
            yield from _diff(old[key], value, place, depth + 1)
        else:
            yield {"op": "add", "path": place, "value": value}


def _lists(old: list[Json], new: list[Json], path: str, depth: int) -> Iterator[Object]:
    for number in range(min(len(old), len(new))):
        yield from _diff(old[number], new[number], f"{path}/{number}", depth + 1)
    for number in range(len(old) - 1, len(new) - 1, -1):
        yield {"op": "remove", "path": f"{path}/{number}"}
    for value in new[len(old) :]:
        yield {"op": "add", "path": f"{path}/-", "value": value}


def _escaped(key: str) -> str:
    """A key in a JSON pointer (RFC 6901, 3)."""
    return key.replace("~", "~0").replace("/", "~1")
