"""An object against a pattern: ``validate.pattern``, with its anchors.

The result is None where the object is as the pattern says, else a `Mismatch`. What a conditional anchor leaves out
is no fault (`Mismatch.skip`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from assay.engines.policy import wildcards
from assay.engines.policy.kyverno import operators
from assay.engines.policy.kyverno.anchors import Anchor, parse
from assay.errors import LimitExceeded

MAX_DEPTH = 100


class Mismatch(NamedTuple):
    """Where an object is not as the pattern says; `skip` where the pattern does not ask it of this object."""

    path: str
    message: str
    skip: bool = False


def mismatch(item: Any, pattern: Any) -> Mismatch | None:
    """What of `item` is not as `pattern` says; raises `LimitExceeded`."""
    return _element(item, pattern, "/", 0)


def _element(item: Any, pattern: Any, path: str, depth: int) -> Mismatch | None:
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"a pattern is nested over {MAX_DEPTH} deep")
    if isinstance(pattern, dict):
        if not isinstance(item, dict):
            return Mismatch(path, f"pattern and resource have different structures at {path}")
        return _map(item, pattern, path, depth)
    if isinstance(pattern, list):
        if not isinstance(item, list):
            return Mismatch(path, f"resource does not satisfy the expected pattern at {path}")
        return _list(item, pattern, path, depth)
    for value in item if isinstance(item, list) else [item]:
        if not operators.holds(value, pattern):
            return Mismatch(path, f"resource value {_short(item)} does not match {_short(pattern)} at path {path}")
    return None


def _short(value: Any) -> str:
    return repr(value)[:120]


def _map(item: dict[str, Any], pattern: dict[str, Any], path: str, depth: int) -> Mismatch | None:
    pattern = _expanded(pattern, item)
    fields: list[tuple[str, Any]] = []
    for key, value in pattern.items():
        anchor, name = parse(key)
        if anchor is Anchor.NONE or anchor is Anchor.ADD_IF_ABSENT:
            fields.append((key, value))
        elif (found := _anchored(anchor, name, value, item, path, depth)) is not None:
            return found
    if len(fields) > 1:
        fields.sort(key=lambda field: not _has_anchors(field[1]))
    for key, value in fields:
        if (found := _field(key, value, item, path, depth)) is not None:
            return found
    return None


def _has_anchors(value: Any) -> bool:
    """Whether a pattern has conditions inside, which are asked for first."""
    if isinstance(value, dict):
        return any(
            parse(key).anchor in (Anchor.CONDITION, Anchor.GLOBAL, Anchor.EXISTENCE) or _has_anchors(inner)
            for key, inner in value.items()
        )
    return isinstance(value, list) and any(_has_anchors(inner) for inner in value)


def _field(key: str, value: Any, item: dict[str, Any], path: str, depth: int) -> Mismatch | None:
    found = item.get(key)
    if value == "*":
        return Mismatch(path, f"{path}{key} not found") if found is None else None
    return _element(found, value, f"{path}{key}/", depth + 1)


def _anchored(anchor: Anchor, name: str, value: Any, item: dict[str, Any], path: str, depth: int) -> Mismatch | None:
    here = f"{path}{name}/"
    there = name in item
    if anchor is Anchor.NEGATION:
        return Mismatch(here, f"{here} is not allowed") if there else None
    if not there:
        return Mismatch(here, f"{here} is not there", skip=True) if anchor is Anchor.CONDITION else None
    if anchor is Anchor.EXISTENCE:
        return _exists(item[name], value, here, depth)
    found = _element(item[name], value, here, depth + 1)
    if found is not None and anchor in (Anchor.CONDITION, Anchor.GLOBAL):
        return Mismatch(found.path, found.message, skip=True)
    return found


def _exists(items: Any, pattern: Any, path: str, depth: int) -> Mismatch | None:
    if not isinstance(items, list) or not isinstance(pattern, list):
        return Mismatch(path, f"the anchor ^() at {path} is for lists")
    for wanted in pattern:
        if not any(_element(one, wanted, f"{path}{at}/", depth + 1) is None for at, one in enumerate(items)):
            return Mismatch(path, f"existence anchor validation failed at path {path}")
    return None


def _list(items: list[Any], pattern: list[Any], path: str, depth: int) -> Mismatch | None:
    if not pattern:
        return Mismatch(path, f"the pattern at {path} is an empty list")
    first = pattern[0]
    if isinstance(first, dict):
        return _each(list(enumerate(items)), [first] * len(items), path, depth)
    if not isinstance(first, list):
        return _element(items, first, path, depth + 1)
    if len(items) < len(pattern):
        return Mismatch("", f"{len(items)} items at {path}, {len(pattern)} are wanted")
    return _each(list(enumerate(items))[: len(pattern)], pattern, path, depth)


def _each(items: list[tuple[int, Any]], patterns: list[Any], path: str, depth: int) -> Mismatch | None:
    """A fault of one; skipped where all are."""
    applied, skipped = 0, []
    for (at, item), pattern in zip(items, patterns, strict=True):
        found = _element(item, pattern, f"{path}{at}/", depth + 1)
        if found is None:
            applied += 1
        elif found.skip:
            skipped.append(found)
        else:
            return found
    if not applied and skipped:
        return Mismatch(path, "; ".join(found.message for found in skipped[:5]), skip=True)
    return None


def _expanded(pattern: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """``metadata.labels`` and ``annotations`` with wildcards in their keys replaced by what the object has."""
    found = pattern
    for key, metadata in pattern.items():
        if (
            parse(key).name != "metadata"
            or not isinstance(metadata, dict)
            or not isinstance(item.get("metadata"), dict)
        ):
            continue
        found = {**found, key: {name: _keys(name, value, item["metadata"]) for name, value in metadata.items()}}
    return found


def _keys(name: str, value: Any, metadata: dict[str, Any]) -> Any:
    bare = parse(name).name
    given = metadata.get(bare)
    if bare not in ("labels", "annotations") or not isinstance(value, dict) or not isinstance(given, dict):
        return value
    return dict(_key(key, wanted, given) for key, wanted in value.items())


def _key(key: str, wanted: Any, given: dict[str, Any]) -> tuple[str, Any]:
    anchor, bare = parse(key)
    if not wildcards.contains(bare):
        return key, wanted
    found = next((name for name in sorted(given) if wildcards.match(bare, name)), bare)
    return (found if anchor is Anchor.NONE else f"{anchor}({found})"), wanted
