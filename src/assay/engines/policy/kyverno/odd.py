"""Parts of objects whose types nobody has checked: what is of another type counts as absent."""

from __future__ import annotations

from typing import Any

from assay.model.policy import Object


def mapping(value: Any) -> Object:
    """An object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, else an empty one."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[Object]:
    """The objects in a list."""
    return [item for item in listed(value) if isinstance(item, dict)]


def metadata(item: Object) -> Object:
    """``metadata`` of an object."""
    return mapping(item.get("metadata"))


def labels(item: Object) -> Object:
    """Labels of an object."""
    return mapping(metadata(item).get("labels"))
