"""Label selectors (meta/v1 LabelSelector), exact as in Kubernetes or with wildcards as in Kyverno."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assay.errors import Malformed

Selector = Mapping[str, Any]
"""``{"matchLabels": {...}, "matchExpressions": [{"key", "operator", "values"}]}``."""


def selects(
    selector: Selector | None, labels: Mapping[str, str], like: Callable[[str, str], bool] = str.__eq__
) -> bool:
    """Whether `selector` takes an object with `labels`; none, or an empty one, takes everything.

    `like(pattern, text)` compares keys and values of ``matchLabels``. Raises `Malformed` for an unknown operator.
    """
    if not selector:
        return True
    wanted = selector.get("matchLabels") or {}
    return all(_has(labels, str(key), str(value), like) for key, value in wanted.items()) and all(
        _holds(labels, expression) for expression in selector.get("matchExpressions") or ()
    )


def _has(labels: Mapping[str, str], key: str, value: str, like: Callable[[str, str], bool]) -> bool:
    return any(like(key, name) and like(value, str(text)) for name, text in labels.items())


def _holds(labels: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    key, operator = str(expression.get("key", "")), str(expression.get("operator", ""))
    values = expression.get("values") or ()
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise Malformed(f"the label selector's operator is {operator!r}, not In, NotIn, Exists or DoesNotExist")
