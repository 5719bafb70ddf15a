"""Strategic merge patches as Kyverno has them: anchors say where, kustomize's rules how.

First the patch is prepared against the object: conditions are checked and taken out, ``+(key)`` stays only where the
object has no such key, and an element of a list with conditions becomes one element for each that fulfils them. Then
maps are merged by key and lists of Kubernetes' own kinds by the keys that Kubernetes declares; what a patch adds to a
list comes first, other lists are replaced, and null takes a key away.
"""

from __future__ import annotations

from typing import Any

from assay.engines.policy import resources
from assay.engines.policy.applying import list_keys
from assay.engines.policy.kyverno import patterns
from assay.engines.policy.kyverno.anchors import Anchor, parse
from assay.errors import LimitExceeded
from assay.model.policy import GroupVersionKind, Object

MAX_DEPTH = 100
_ABSENT = object()


class Unfulfilled(Exception):
    """A condition does not hold; `everywhere` where it is a global one."""

    def __init__(self, reason: str, everywhere: bool) -> None:
        super().__init__(reason)
        self.everywhere = everywhere


def patch(item: Object, overlay: Object) -> Object:
    """`item` after the patch; as it is where a condition of the patch does not hold. Raises `LimitExceeded`."""
    try:
        prepared = _prepare(overlay, item, 0)
    except Unfulfilled:
        return item
    if not prepared or prepared is _ABSENT:
        return item
    kind = GroupVersionKind.of(item)
    return _merge_maps(item, prepared, resources.known(kind.group, kind.kind) is not None, 0)


def _prepare(overlay: Any, item: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"a patch is nested over {MAX_DEPTH} deep")
    if isinstance(overlay, dict):
        return _prepare_map(overlay, item if isinstance(item, dict) else None, depth)
    if isinstance(overlay, list) and overlay and isinstance(overlay[0], dict):
        return _prepare_list(overlay, item if isinstance(item, list) else None, depth)
    return overlay


def _prepare_map(overlay: dict[str, Any], item: dict[str, Any] | None, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in overlay.items():
        anchor, name = parse(key)
        if anchor is not Anchor.ADD_IF_ABSENT:
            found[key] = value
        elif item is None or name not in item:
            found[name] = value
    for everywhere in (True, False):
        for key, value in found.items():
            anchor, name = parse(key)
            if anchor is (Anchor.GLOBAL if everywhere else Anchor.CONDITION):
                _require(name, value, item, everywhere)
    prepared: dict[str, Any] = {}
    for key, value in found.items():
        anchor, name = parse(key)
        if anchor is Anchor.NONE:
            inner = _prepare(value, (item or {}).get(key), depth + 1)
            if inner is not _ABSENT:
                prepared[key] = inner
        elif _changes(value):
            prepared[name] = _prepare(value, (item or {}).get(name), depth + 1)
    return prepared


def _require(name: str, wanted: Any, item: dict[str, Any] | None, everywhere: bool) -> None:
    if item is None or name not in item:
        raise Unfulfilled(f"{name} is not there", everywhere)
    if isinstance(wanted, dict) and any(parse(key).anchor is Anchor.ADD_IF_ABSENT for key in wanted):
        return
    if (found := patterns.mismatch(item[name], wanted)) is not None:
        raise Unfulfilled(found.message, everywhere)


def _prepare_list(overlay: list[Any], items: list[Any] | None, depth: int) -> Any:
    found: list[Any] = []
    made: list[Any] = []
    for element in overlay:
        if not _has_anchors(element):
            found.append(element)
            continue
        made += _for_each(element, items, depth)
    return [*found, *made] or _ABSENT


def _for_each(element: Any, items: list[Any] | None, depth: int) -> list[Any]:
    """The element once for each item that fulfils its conditions; raises where a global one holds for none."""
    made: list[Any] = []
    failed: Unfulfilled | None = None
    passed = False
    for item in [None] if items is None else items:
        try:
            prepared = _prepare(element, item, depth + 1)
        except Unfulfilled as error:
            failed = error if error.everywhere else failed
            continue
        passed = True
        if items is None:
            continue
        name = item.get("name") if isinstance(item, dict) else None
        if name and prepared:
            made.append({**prepared, "name": name})
    if failed is not None and not passed:
        raise failed
    return made


def _has_anchors(value: Any) -> bool:
    if isinstance(value, dict):
        return any(parse(key).anchor is not Anchor.NONE or _has_anchors(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_has_anchors(inner) for inner in value)


def _changes(value: Any) -> bool:
    """Whether a condition has something inside that is to be added."""
    if isinstance(value, dict):
        return any(parse(key).anchor is Anchor.ADD_IF_ABSENT or _changes(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_changes(inner) for inner in value)


def _merge_maps(item: dict[str, Any], overlay: dict[str, Any], known: bool, depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"a patch is nested over {MAX_DEPTH} deep")
    if overlay.get("$patch") == "replace":
        return dict(_without_nulls({key: value for key, value in overlay.items() if key != "$patch"}))
    found = dict(item)
    for key, value in overlay.items():
        if key == "$patch":
            continue
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(item.get(key), dict):
            found[key] = _merge_maps(item[key], value, known, depth + 1)
        elif isinstance(value, list) and isinstance(item.get(key), list):
            found[key] = _merge_lists(key, item[key], value, known, depth + 1)
        else:
            found[key] = _without_nulls(value)
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None and key != "$patch"}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _merge_lists(field: str, items: list[Any], overlay: list[Any], known: bool, depth: int) -> list[Any]:
    keys = list_keys(field) if known else None
    if keys == () and all(isinstance(one, str) for one in [*items, *overlay]):
        return [*overlay, *(one for one in items if one not in overlay)]
    if not keys or not all(isinstance(one, dict) for one in [*items, *overlay]):
        return _without_nulls(overlay)  # type: ignore[no-any-return]
    names = _names(keys, overlay, items)
    held = {_identity(names, one): one for one in items}
    found = []
    for one in overlay:
        identity = _identity(names, one)
        other = held.pop(identity, None)
        if one.get("$patch") == "delete":
            continue
        found.append(_merge_maps(other, one, known, depth) if other is not None else _without_nulls(one))
    return [*found, *held.values()]


def _names(keys: tuple[str, ...], *lists: list[Any]) -> list[str]:
    """The keys that the elements have."""
    alternatives = [key.split("|") for key in keys]
    items = [item for one in lists for item in one]
    return [name for names in alternatives for name in names if any(name in item for item in items)]


def _identity(names: list[str], item: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(item.get(name)) for name in names)
