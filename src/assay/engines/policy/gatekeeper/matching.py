"""``spec.match``: which objects a constraint or a mutator is about (match.gatekeeper.sh)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.selectors import selects
from assay.errors import Malformed
from assay.model.policy import GroupVersionKind, Object

FIELDS = (
    "source",
    "kinds",
    "scope",
    "namespaces",
    "excludedNamespaces",
    "labelSelector",
    "namespaceSelector",
    "name",
)
ORIGINAL, GENERATED, ALL = "Original", "Generated", "All"
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


class Target(NamedTuple):
    """What is matched: an object, its Namespace where that is known, and whether an expansion made it."""

    object: Object
    namespace: Object | None = None
    source: str = ORIGINAL

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The object's metadata."""
        found = self.object.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def is_namespace(self) -> bool:
        """Whether it is a Namespace itself."""
        kind = GroupVersionKind.of(self.object)
        return kind.kind == "Namespace" and not kind.group

    @property
    def own_namespace(self) -> str:
        """The namespace that counts; empty where there is none."""
        if self.is_namespace:
            return str(self.metadata.get("name") or "")
        if self.namespace is not None:
            return str((self.namespace.get("metadata") or {}).get("name") or "")
        return str(self.metadata.get("namespace") or "")


@dataclass(frozen=True, slots=True)
class Match:
    """All parts must agree; a part that is absent agrees with everything."""

    kinds: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    scope: str = ""
    namespaces: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    labels: Object | None = None
    namespace_labels: Object | None = None
    name: str = ""
    source: str = ALL

    @classmethod
    def load(cls, spec: Object, place: str) -> Match:
        """From the field ``match`` of `spec`; raises `Malformed` for what is not known."""
        item, place = mapping(spec, "match", place), f"{place}.match"
        only(item, FIELDS, place)
        return cls(
            tuple(_kinds(kind, where) for kind, where in objects(item, "kinds", place)),
            text(item, "scope", place),
            texts(item, "namespaces", place),
            texts(item, "excludedNamespaces", place),
            selector(item, "labelSelector", place),
            selector(item, "namespaceSelector", place),
            text(item, "name", place),
            text(item, "source", place, ("", ALL, ORIGINAL, GENERATED)) or ALL,
        )

    def takes(self, target: Target) -> bool:
        """Whether it is about `target`; raises `Malformed` where its namespace had to be known."""
        return (
            self._kind(GroupVersionKind.of(target.object))
            and self._scope(target)
            and self._namespace(target)
            and selects(self.labels, labels(target.object))
            and self._namespace_labels(target)
            and self._name(target.metadata)
            and self.source in (ALL, target.source)
        )

    def _kind(self, kind: GroupVersionKind) -> bool:
        return not self.kinds or any(
            (not kinds or "*" in kinds or kind.kind in kinds) and (not groups or "*" in groups or kind.group in groups)
            for groups, kinds in self.kinds
        )

    def _scope(self, target: Target) -> bool:
        namespaced = bool(target.metadata.get("namespace")) or target.namespace is not None
        if self.scope == "Cluster":
            return target.is_namespace or not namespaced
        return self.scope != "Namespaced" or (not target.is_namespace and namespaced)

    def _namespace(self, target: Target) -> bool:
        namespace = target.own_namespace
        if not namespace:
            return True
        if self.namespaces and not any(like(pattern, namespace) for pattern in self.namespaces):
            return False
        return not any(like(pattern, namespace) for pattern in self.excluded)

    def _namespace_labels(self, target: Target) -> bool:
        if self.namespace_labels is None:
            return True
        if target.is_namespace:
            return selects(self.namespace_labels, labels(target.object))
        if target.namespace is not None:
            return selects(self.namespace_labels, labels(target.namespace))
        if not target.metadata.get("namespace"):
            return True
        raise Malformed("a namespaceSelector needs the Namespace, which is not known")

    def _name(self, metadata: Mapping[str, Any]) -> bool:
        if not self.name:
            return True
        made = str(metadata.get("generateName") or "")
        return like(self.name, str(metadata.get("name") or "")) or (self.name.endswith("*") and like(self.name, made))


def like(pattern: str, name: str) -> bool:
    """Gatekeeper's wildcards: a star at the beginning, at the end, or both."""
    inner = pattern.removeprefix("*").removesuffix("*")
    match pattern.startswith("*"), pattern.endswith("*"):
        case True, True:
            return inner in name
        case True, False:
            return name.endswith(inner)
        case False, True:
            return name.startswith(inner)
    return pattern == name


def _kinds(item: Object, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    only(item, ("apiGroups", "kinds"), place)
    return texts(item, "apiGroups", place), texts(item, "kinds", place)


def selector(item: Object, name: str, place: str) -> Object | None:
    """A label selector, read strictly; None where there is none."""
    if item.get(name) is None:
        return None
    found, place = mapping(item, name, place), f"{place}.{name}"
    only(found, ("matchLabels", "matchExpressions"), place)
    labels = mapping(found, "matchLabels", place)
    if not all(isinstance(value, str) for value in labels.values()):
        wrong(f"{place}.matchLabels", "a label that is no text")
    for expression, where in objects(found, "matchExpressions", place):
        only(expression, ("key", "operator", "values"), where)
        operator, values = text(expression, "operator", where, _OPERATORS), texts(expression, "values", where)
        if not text(expression, "key", where) or (operator in ("In", "NotIn")) != bool(values):
            wrong(where, f"a key is missing, or values do not go with {operator or 'no operator'}")
    return found


def labels(item: Object) -> Mapping[str, str]:
    """Labels of an object, of which nothing is known to be as it should."""
    metadata = item.get("metadata")
    found = metadata.get("labels") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
