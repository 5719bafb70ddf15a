"""Server-side apply: an apply configuration merged into an object (sigs.k8s.io/structured-merge-diff).

Maps are merged by key, lists of objects by the keys that Kubernetes declares for them (`list_maps.json`), other
lists and the structs that Kubernetes calls atomic are replaced as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import cache
from importlib.resources import files
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.model.policy import Object

MAX_DEPTH = 100


def merge(live: Object, applied: Object) -> Object:
    """`live` after `applied`; raises `Malformed` for lists whose items lack their keys or have them twice."""
    return _maps(live, applied, 0)


def atomic(applied: Object) -> str:
    """The path of the first field in `applied` that is replaced as a whole, which the API server does not allow."""
    return _atomic(applied, "", 0)


def list_keys(field: str) -> tuple[str, ...] | None:
    """The keys of the items in a list field; empty for a set, None for a list that is atomic."""
    found = _table()["lists"].get(field)
    return None if found is None else tuple(found)


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath("list_maps.json").read_bytes())
    return found


def _maps(live: Object, applied: Object, depth: int) -> Object:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"an apply configuration is nested over {MAX_DEPTH} deep")
    found = dict(live)
    for key, value in applied.items():
        found[key] = _value(key, live.get(key), value, depth)
    return found


def _value(field: str, live: Any, applied: Any, depth: int) -> Any:
    if isinstance(applied, dict) and isinstance(live, dict) and field not in _table()["atomic"]:
        return _maps(live, applied, depth + 1)
    if isinstance(applied, list) and isinstance(live, list) and (keys := list_keys(field)) is not None:
        return _lists(field, keys, live, applied, depth + 1)
    return applied


def _lists(field: str, keys: tuple[str, ...], live: list[Any], applied: list[Any], depth: int) -> list[Any]:
    """In the order of both: what only one of them has stays before what both have and come to later."""
    old = {_key(field, keys, item): item for item in live}
    new = {_key(field, keys, item): item for item in applied}
    if len(new) != len(applied):
        raise Malformed(f"{field} of the apply configuration has the same key twice")
    found: list[Any] = []
    waiting = list(new)
    for key, item in old.items():
        if key not in new:
            found.append(item)
            continue
        if key in waiting:
            at = waiting.index(key)
            found += [new[earlier] for earlier in waiting[:at] if earlier not in old]
            waiting = waiting[at + 1 :]
        both = isinstance(item, dict) and isinstance(new[key], dict)
        found.append(_maps(item, new[key], depth) if both else new[key])
    return found + [new[key] for key in waiting if key not in old]


def _key(field: str, keys: tuple[str, ...], item: Any) -> Hashable:
    if not keys:
        return json.dumps(item, sort_keys=True)
    if not isinstance(item, dict):
        raise Malformed(f"an item of {field} is no object")
    return tuple(_part(field, key, item) for key in keys)


def _part(field: str, key: str, item: Object) -> Hashable:
    name = next((name for name in key.split("|") if name in item), key.split("|")[0])
    value = item.get(name, _table()["defaults"].get(name))
    if value is None and "|" not in key:
        raise Malformed(f"an item of {field} has no {name}")
    return (name, str(value))


def _atomic(value: Any, path: str, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"an apply configuration is nested over {MAX_DEPTH} deep")
    field = path.rpartition(".")[2].partition("[")[0]
    if field in _table()["atomic"] or (isinstance(value, list) and list_keys(field) is None):
        return path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        place = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}"
        if isinstance(item, dict | list) and (found := _atomic(item, place, depth + 1)):
            return found
    return ""
