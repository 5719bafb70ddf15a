"""What expressions see of an admission request: ``request``, ``object``, ``oldObject``, ``namespaceObject``."""

from __future__ import annotations

from assay.engines.policy.cel.values import Value
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Object, UserInfo

VARIABLES = ("object", "oldObject", "request", "namespaceObject", "params", "variables", "authorizer")
"""The names that expressions of admission policies know."""


def request_value(request: AdmissionRequest) -> Object:
    """``request``, without the objects."""
    if request.raw.get("operation"):
        raw = {key: value for key, value in request.raw.items() if key not in ("object", "oldObject")}
        return {**_made(request), **{key: value for key, value in raw.items() if value is not None}}
    return _made(request)


def _made(request: AdmissionRequest) -> Object:
    kind, resource = _kind(request.kind), _resource(request.resource)
    return {
        "kind": kind,
        "resource": resource,
        "subResource": request.sub_resource,
        "requestKind": kind,
        "requestResource": resource,
        "requestSubResource": request.sub_resource,
        "name": request.name,
        "namespace": request.namespace,
        "operation": str(request.operation),
        "userInfo": _user(request.user),
        "dryRun": request.dry_run,
        "options": request.options or {},
    }


def _kind(kind: GroupVersionKind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _resource(resource: GroupVersionResource) -> Object:
    return {"group": resource.group, "version": resource.version, "resource": resource.resource}


def _user(user: UserInfo) -> Object:
    return {
        "username": user.username,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra.items()},
    }


def _namespace(name: str) -> Object:
    """A namespace of which only the name is known."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
    }


def bindings(request: AdmissionRequest, world: World, params: Value = None) -> dict[str, Value]:
    """The bindings of `VARIABLES` without ``variables``; ``namespaceObject`` is null for what has no namespace."""
    from assay.engines.policy.cel.libraries.authorizer import Authorizer

    namespace = "" if request.kind.kind == "Namespace" and not request.kind.group else request.namespace
    return {
        "object": request.object,
        "oldObject": request.old_object,
        "request": request_value(request),
        "namespaceObject": (world.namespace(namespace) or _namespace(namespace)) if namespace else None,
        "params": params,
        "authorizer": Authorizer(request.user, request),
    }
