"""What the tests of assay's own policies share: a policy out of a spec, a request, a pod."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from assay.engines.policy.native import loading
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.native.leniency import Leniency
from assay.formats.manifest import Manifest
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo

Object = dict[str, Any]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = {"keys": ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]}
IMAGE = "registry.example/acme/app:1"


def manifest(kind: str, spec: Object, name: str = "release") -> Manifest:
    """An object of ours, as a file would hold it."""
    item = {"apiVersion": "assay.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Manifest(json.loads(json.dumps(item)), "policies.yaml", 7)


def native(spec: Object, leniency: Leniency | None = None, name: str = "release") -> NativePolicy:
    """A policy that is in force for everybody, unless the spec says otherwise."""
    return NativePolicy(loading.policy(manifest("AssayPolicy", {"action": "enforce", **spec}, name)), leniency)


def pod(*images: str, name: str = "app", namespace: str = "shop", **metadata: Any) -> Object:
    """A pod."""
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    about = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": containers}}


def deployment(*images: str, name: str = "app", namespace: str = "shop", **metadata: Any) -> Object:
    """A Deployment of such pods."""
    inner = pod(*images)["spec"]
    about = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": {"template": {"spec": inner}}}


def request(item: Object, operation: str = "CREATE", user: str = "dev", **more: Any) -> AdmissionRequest:
    """A request about an object."""
    kind = GroupVersionKind.of(item)
    return AdmissionRequest(
        uid="1",
        kind=kind,
        resource=GroupVersionResource(kind.group, kind.version, kind.kind.lower() + "s"),
        operation=Operation(operation),
        name=item["metadata"].get("name", ""),
        namespace=item["metadata"].get("namespace", ""),
        object=item,
        user=UserInfo(user),
        **more,
    )
