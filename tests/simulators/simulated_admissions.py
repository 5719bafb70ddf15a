"""What `assay policy simulate` is asked about in tests: reviews, events of an audit log, objects that run."""

from __future__ import annotations

import json
from typing import Any

from simulators.native_samples import pod
from simulators.running_admission import review

Object = dict[str, Any]
POLICY = """apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec:
  registries: [allowed.example]
  action: enforce
"""
CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller"}


def owned(name: str, image: str, namespace: str = "shop") -> Object:
    """A pod of a Deployment of that name, as its ReplicaSet makes it."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{name}-5d4f", "uid": "9", "controller": True}
    labels = {"pod-template-hash": "5d4f"}
    item = pod(image, namespace=namespace, labels=labels, ownerReferences=[owner], generateName=f"{name}-5d4f-")
    del item["metadata"]["name"]
    return item


def event(item: Object, verb: str = "create", code: int = 201, time: str = "2026-11-02T10:00:00Z", **more: Any) -> str:
    """A line of an audit log at the level Request."""
    metadata = item["metadata"]
    found = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": "a",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods",
        "verb": verb,
        "user": {"username": "dev"},
        "objectRef": {
            "resource": "pods",
            "namespace": metadata.get("namespace", ""),
            "name": metadata.get("name", ""),
            "apiVersion": "v1",
        },
        "responseStatus": {"code": code},
        "requestObject": item,
        "requestReceivedTimestamp": time,
        **more,
    }
    return json.dumps(found) + "\n"


def line(item: Object, allowed: bool | None = None, **request: Any) -> str:
    """A review in a line, with what was answered."""
    found = review(item, **request)
    if allowed is not None:
        found["response"] = {"uid": "1", "allowed": allowed}
    return json.dumps(found) + "\n"
