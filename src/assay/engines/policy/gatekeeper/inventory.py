"""``data.inventory``: what referential constraints see of the cluster, by scope, version, kind and name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.policy import GroupVersionKind, Object


def of_objects(found: Iterable[Object]) -> Object:
    """``{"cluster": {gv: {kind: {name: object}}}, "namespace": {ns: {gv: {kind: {name: object}}}}}``."""
    made: Object = {"cluster": {}, "namespace": {}}
    for item in found:
        kind = GroupVersionKind.of(item)
        if not kind.version or not kind.kind:
            raise Malformed("an object of the inventory has no version or no kind")
        metadata = item.get("metadata") or {}
        namespace = metadata.get("namespace")
        scope = _below(made["namespace"], str(namespace)) if namespace else made["cluster"]
        _below(_below(scope, kind.api_version), kind.kind)[str(metadata.get("name") or "")] = item
    return made


def _below(parent: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = parent.setdefault(key, {})
    return found


def of_cluster(world: World, kinds: Iterable[GroupVersionKind]) -> Object:
    """The objects of `kinds` in the cluster; empty where there is none. Raises `ExternalError`."""
    if world.cluster is None:
        return of_objects(())
    return of_objects(item for kind in kinds for item in world.cluster.list(kind))
