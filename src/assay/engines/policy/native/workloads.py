"""Whose pod it is: the top controller, believed only where the request comes from a controller.

``ownerReferences`` are written by whoever sends a pod. They count only where the user of the request is a service
account of Kubernetes' own controllers, which nobody else can be, and, with a cluster to ask, where each controller is
there under the uid that is named and its template names the pod's images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.engines.policy.native import containers
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object
from assay.model.workload import Workload
from assay.ports import Cluster

_CONTROLLERS = "system:serviceaccount:kube-system:"
MAX_OWNERS = 4


def workload(request: AdmissionRequest, cluster: Cluster | None) -> Workload:
    """The workload that a request is about."""
    item = request.object or request.old_object or {}
    namespace = request.namespace or str(_metadata(item).get("namespace") or "")
    owners = list(trusted_owners(request, cluster))
    if owners:
        top = owners[-1]
        return Workload(namespace, str(top.get("kind", "")), str(_metadata(top).get("name", "")))
    return Workload(namespace, request.kind.kind or str(item.get("kind", "")), _name(request, item))


def _name(request: AdmissionRequest, item: Object) -> str:
    metadata = _metadata(item)
    found = request.name or metadata.get("name") or metadata.get("generateName") or ""
    return str(found)


def trusted_owners(request: AdmissionRequest, cluster: Cluster | None) -> Iterator[Object]:
    """The controllers above an object, from below; with no cluster, only their kinds and names."""
    item = request.object or {}
    if not request.user.username.startswith(_CONTROLLERS):
        return
    wanted = {used.text for used in containers.images(item)}
    for _ in range(MAX_OWNERS):
        reference = _controller(item)
        if reference is None:
            return
        namespace = request.namespace or str(_metadata(item).get("namespace") or "")
        owner = _looked_up(reference, namespace, cluster) if cluster is not None else _said(reference, item)
        if owner is None or (cluster is not None and not _covers(owner, wanted)):
            return
        yield owner
        if cluster is None:
            if (above := _deployment_above(owner, item)) is not None:
                yield above
            return
        item = owner


def _controller(item: Object) -> Mapping[str, Any] | None:
    references = _metadata(item).get("ownerReferences")
    for reference in references if isinstance(references, list) else []:
        if isinstance(reference, dict) and reference.get("controller") is True:
            return reference
    return None


def _looked_up(reference: Mapping[str, Any], namespace: str, cluster: Cluster) -> Object | None:
    group, _, version = str(reference.get("apiVersion", "")).rpartition("/")
    kind = GroupVersionKind(group, version, str(reference.get("kind", "")))
    found = cluster.get(kind, namespace, str(reference.get("name", "")))
    uid = reference.get("uid")
    return found if found is not None and uid and _metadata(found).get("uid") == uid else None


def _covers(owner: Object, wanted: set[str]) -> bool:
    """Whether a controller's template names all images of its pod (a digest behind one is no other image)."""
    named = {used.text for used in containers.images(owner)}
    return all(text in named or text.partition("@")[0] in named for text in wanted)


def _said(reference: Mapping[str, Any], item: Object) -> Object:
    return {
        "apiVersion": reference.get("apiVersion"),
        "kind": reference.get("kind"),
        "metadata": {"name": reference.get("name"), "labels": _metadata(item).get("labels")},
    }


def _deployment_above(owner: Object, pod: Object) -> Object | None:
    """The Deployment of a ReplicaSet by its name, which ends in the hash of the template."""
    labels = _metadata(pod).get("labels")
    tail = labels.get("pod-template-hash") if isinstance(labels, dict) else None
    name = str(_metadata(owner).get("name", ""))
    if owner.get("kind") != "ReplicaSet" or not tail or not name.endswith(f"-{tail}"):
        return None
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name[: -len(str(tail)) - 1]}}


def _metadata(item: Object) -> Mapping[str, Any]:
    found = item.get("metadata")
    return found if isinstance(found, dict) else {}
