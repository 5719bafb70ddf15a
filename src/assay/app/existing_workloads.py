"""What runs in a cluster already: the workloads that a rollout has to spare for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from assay.model.policy import GroupVersionKind, Object
from assay.model.workload import Workload
from assay.ports import Cluster

KINDS = (
    GroupVersionKind("apps", "v1", "Deployment"),
    GroupVersionKind("apps", "v1", "StatefulSet"),
    GroupVersionKind("apps", "v1", "DaemonSet"),
    GroupVersionKind("apps", "v1", "ReplicaSet"),
    GroupVersionKind("batch", "v1", "CronJob"),
    GroupVersionKind("batch", "v1", "Job"),
    GroupVersionKind("", "v1", "Pod"),
)
"""What has pods or is one; whatever another controls is left to that."""


def workloads(cluster: Cluster, now: datetime) -> Iterator[tuple[Workload, datetime]]:
    """Each with the time at which the API server says it was made; raises `assay.errors.ExternalError`."""
    for kind in KINDS:
        for item in cluster.list(kind):
            metadata: Object = item.get("metadata") or {}
            if not any(one.get("controller") for one in metadata.get("ownerReferences") or ()):
                place = Workload(str(metadata.get("namespace", "")), kind.kind, str(metadata.get("name", "")))
                yield place, min(_created(metadata) or now, now)


def _created(metadata: Object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(metadata.get("creationTimestamp")))
    except ValueError:
        return None
