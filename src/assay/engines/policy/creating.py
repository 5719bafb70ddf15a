"""The admission request that an object in a file stands for."""

from __future__ import annotations

from typing import Any

from assay.engines.policy.resources import resource_kind, resource_of
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, Operation, UserInfo


def created(item: Object, namespace: str) -> AdmissionRequest:
    """The request that would create `item`."""
    kind = GroupVersionKind.of(item)
    metadata: Any = item.get("metadata")
    about: Object = metadata if isinstance(metadata, dict) else {}
    namespaced = resource_kind(kind.group, kind.kind).namespaced
    own = str(about.get("namespace") or namespace) if namespaced else ""
    return AdmissionRequest(
        uid="",
        kind=kind,
        resource=resource_of(kind),
        operation=Operation.CREATE,
        name=str(about.get("name") or ""),
        namespace=own,
        object={**item, "metadata": {**about, "namespace": own}} if own else item,
        user=UserInfo("assay"),
    )
