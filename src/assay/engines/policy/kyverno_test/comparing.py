"""Objects compared as ``kyverno test`` does: empty fields and what the tool itself adds do not count."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assay.engines.policy.kyverno.odd import metadata
from assay.model.policy import Object

_LABELS = ("generate.kyverno.io/", "app.kubernetes.io/managed-by", "kyverno.io/")


class NotListed(Exception):
    """The file of what is wanted says nothing of the object, which is then not compared."""


def tidy(value: Any) -> Any:
    """`value` without what is empty."""
    if isinstance(value, dict):
        found = {key: tidy(inner) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner not in ({}, [], None)}
    return [tidy(inner) for inner in value] if isinstance(value, list) else value


def _plain(item: Object) -> Any:
    about = dict(metadata(item))
    if about.get("namespace") == "default":
        about.pop("namespace")
    labels = about.get("labels")
    if isinstance(labels, dict):
        kept = {key: value for key, value in labels.items() if not key.startswith(_LABELS[::2])}
        if kept.get(_LABELS[1]) == "kyverno":
            kept.pop(_LABELS[1])
        about["labels"] = kept
    return tidy({**item, "metadata": about})


def _identity(item: Object) -> tuple[str, str, str]:
    about = metadata(item)
    name = str(about.get("name") or about.get("generateName") or "")
    return str(item.get("kind")), str(about.get("namespace") or "default"), name


def difference(actual: Object, wanted: Iterable[Object]) -> str:
    """How `actual` differs from the one of `wanted` of its kind and name; empty where it does not.

    Raises `NotListed` where there is no such one.
    """
    found = next((item for item in wanted if _identity(item) == _identity(actual)), None)
    if found is None:
        raise NotListed
    one, other = _plain(actual), _plain(found)
    if one == other:
        return ""
    place = _place(one, other, "")
    return f"differs from what is wanted at {place}"[:1000]


def _place(one: Any, other: Any, path: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                return _place(one.get(key), other.get(key), f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        at = next(at for at in range(len(one)) if one[at] != other[at])
        return _place(one[at], other[at], f"{path}[{at}]")
    return f"{path or '.'}: {json.dumps(one)[:300]}, wanted {json.dumps(other)[:300]}"
