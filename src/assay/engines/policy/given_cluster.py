"""A cluster that is a list of objects: what files say there is, where no API server is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.engines.policy.resources import resource_kind
from assay.model.policy import GroupVersionKind, Object


class GivenCluster:
    """`assay.ports.Cluster` over objects; a later one takes the place of an earlier one of the same name.

    Kinds are compared by the resource that serves them, for expressions name resources (``computeclasses``).
    """

    __slots__ = ("_objects",)

    def __init__(self, objects: Iterable[Object]) -> None:
        self._objects: dict[tuple[str, str, str, str], Object] = {}
        for item in objects:
            kind, (namespace, name) = GroupVersionKind.of(item), _names(item)
            self._objects[(kind.group, _resource(kind), namespace, name)] = item

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """See the port."""
        found = self._objects.get((kind.group, _resource(kind), namespace, name))
        return found if found is not None and _fits(found, kind) else None

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Sequence[Object]:
        """See the port."""
        found = [
            (key, item)
            for key, item in self._objects.items()
            if key[:2] == (kind.group, _resource(kind)) and (not namespace or key[2] == namespace) and _fits(item, kind)
        ]
        return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _resource(kind: GroupVersionKind) -> str:
    return resource_kind(kind.group, kind.kind).resource


def _fits(item: Object, kind: GroupVersionKind) -> bool:
    return not kind.version or GroupVersionKind.of(item).version == kind.version


def _names(item: Object) -> tuple[str, str]:
    metadata = item.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return str(known.get("namespace") or ""), str(known.get("name") or "")
