"""The fields of ``match`` and ``exclude``, read strictly."""

from __future__ import annotations

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.kyverno.kinds import parse
from assay.errors import Malformed
from assay.model.policy import Object

_RESOURCES = ("kinds", "name", "names", "namespaces", "operations", "annotations", "selector", "namespaceSelector")
_USERS = ("roles", "clusterRoles", "subjects")
_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")


def check(holder: Object, field: str, place: str) -> Object:
    """The filter in `field`; raises `Malformed` with the place of what is wrong."""
    value, where = mapping(holder, field, place), f"{place}.{field}"
    only(value, ("any", "all", "resources", *_USERS), where)
    if value.get("any") and value.get("all"):
        wrong(where, "any and all exclude each other")
    for part in ("any", "all"):
        for block, at in objects(value, part, where):
            only(block, ("resources", *_USERS), at)
            _block(block, at)
    _block(value, where)
    return value


def _block(block: Object, place: str) -> None:
    resources, where = mapping(block, "resources", place), f"{place}.resources"
    only(resources, _RESOURCES, where)
    for kind in texts(resources, "kinds", where):
        try:
            parse(kind)
        except Malformed as error:
            wrong(f"{where}.kinds", error.what)
    text(resources, "name", where)
    for part in ("names", "namespaces"):
        texts(resources, part, where)
    for operation in texts(resources, "operations", where):
        if operation not in _OPERATIONS:
            wrong(f"{where}.operations", f"{operation!r:.40} is none of {', '.join(_OPERATIONS)}")
    for part in ("selector", "namespaceSelector"):
        check_selector(mapping(resources, part, where), f"{where}.{part}")
    mapping(resources, "annotations", where)
    for part in ("roles", "clusterRoles"):
        texts(block, part, place)
    for subject, at in objects(block, "subjects", place):
        only(subject, ("kind", "name", "namespace", "apiGroup"), at)
        text(subject, "kind", at, ("User", "Group", "ServiceAccount"))


def check_selector(value: Object, place: str) -> None:
    """A label selector; raises `Malformed` with the place of what is wrong."""
    only(value, ("matchLabels", "matchExpressions"), place)
    mapping(value, "matchLabels", place)
    for expression, at in objects(value, "matchExpressions", place):
        only(expression, ("key", "operator", "values"), at)
        text(expression, "operator", at, ("In", "NotIn", "Exists", "DoesNotExist"))
