"""What runs in a cluster, as the requests that would make it again: page by page, in bounded memory.

Which kinds are listed, the policies say. Pods of a controller come as if that controller sent them, so that they count
to it; what ended, what goes already, and ReplicaSets and Jobs of others are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assay.app import scanned_kinds
from assay.engines.policy.creating import created
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, UserInfo

if TYPE_CHECKING:
    from assay.formats.manifest import Manifest

_SENDERS = {
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemon-set-controller",
    "Job": "job-controller",
    "CronJob": "cronjob-controller",
    "ReplicationController": "replication-controller",
}
_OVER = ("Succeeded", "Failed")


class ListedCluster(Protocol):
    """What is needed of a cluster (`assay.adapters.kubernetes.client.Cluster`)."""

    def pages(self, kind: GroupVersionKind, namespace: str = "") -> Iterator[Object]:
        """The objects of a kind as they come."""
        ...

    def versions(self, group: str) -> list[str]:
        """The versions of a group."""
        ...

    def kinds(self, group: str, version: str) -> list[str]:
        """The kinds of one of them."""
        ...


class Running(NamedTuple):
    """An object that runs: since when (RFC 3339), and the request that would make it."""

    since: str
    request: AdmissionRequest


def running(cluster: ListedCluster, policies: Iterable[Manifest], namespace: str = "") -> Iterator[Running]:
    """The objects that policies (as their manifests) are about; raises `assay.errors.ExternalError`."""
    for kind in scanned_kinds.of(policies, cluster):
        for item in cluster.pages(kind, namespace):
            if not _is_over(item):
                yield Running(as_text(_metadata(item).get("creationTimestamp")), _request(item))


def _request(item: Object) -> AdmissionRequest:
    request = created(item, as_text(_metadata(item).get("namespace")))
    sender = _SENDERS.get(as_text(_controller(item).get("kind")))
    user = UserInfo(f"system:serviceaccount:kube-system:{sender}") if sender else request.user
    return replace(request, uid=as_text(_metadata(item).get("uid")), user=user)


def _is_over(item: Object) -> bool:
    if _metadata(item).get("deletionTimestamp") or as_object(item.get("status")).get("phase") in _OVER:
        return True
    if item.get("kind") == "Job" and as_object(item.get("status")).get("completionTime"):
        return True
    return item.get("kind") in ("ReplicaSet", "Job") and bool(_controller(item))


def _controller(item: Object) -> Object:
    references = map(as_object, as_list(_metadata(item).get("ownerReferences")))
    return next((one for one in references if one.get("controller") is True), {})


def _metadata(item: Object) -> Object:
    return as_object(item.get("metadata"))
