"""Who asks: ``subjects``, ``roles`` and ``clusterRoles`` of ``match`` and ``exclude``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.kyverno.odd import listed, mapping, metadata, objects
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, UserInfo

_ACCOUNT = "system:serviceaccount:"
_RBAC = "rbac.authorization.k8s.io"


def is_nobody(request: AdmissionRequest) -> bool:
    """Whether nothing is known of who asks, as in a background scan."""
    user = request.user
    known = user.username or user.groups or user.uid
    return not known and not request.raw.get("roles") and not request.raw.get("clusterRoles")


def takes(block: Mapping[str, Any], request: AdmissionRequest, world: World) -> bool:
    """Whether who asks is one of the subjects, and has one of the roles, that `block` names."""
    if block.get("subjects") and not any(_is(subject, request.user) for subject in block["subjects"]):
        return False
    if not block.get("roles") and not block.get("clusterRoles"):
        return True
    found = roles(request, world)
    return all(not block.get(part) or _any(block[part], found[part]) for part in ("roles", "clusterRoles"))


def _any(patterns: list[str], held: list[str]) -> bool:
    return any(wildcards.any_match(patterns, name) for name in held)


def _is(subject: Mapping[str, Any], user: UserInfo) -> bool:
    name = str(subject.get("name", ""))
    match subject.get("kind"):
        case "ServiceAccount":
            return wildcards.match(f"{_ACCOUNT}{subject.get('namespace', '')}:{name}", user.username)
        case "User":
            return wildcards.match(name, user.username)
        case "Group":
            return any(wildcards.match(name, group) for group in user.groups)
    return False


def roles(request: AdmissionRequest, world: World) -> dict[str, list[str]]:
    """Roles (``NAMESPACE:NAME``) and cluster roles of who asks: as the request says, else by the cluster's bindings."""
    raw = request.raw
    if "roles" in raw or "clusterRoles" in raw or world.cluster is None:
        return {part: [str(role) for role in listed(raw.get(part))] for part in ("roles", "clusterRoles")}
    found: dict[str, list[str]] = {"roles": [], "clusterRoles": []}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in world.cluster.list(GroupVersionKind(_RBAC, "", kind)):
            if any(_bound(subject, binding, request.user) for subject in objects(binding.get("subjects"))):
                for part, role in _role(binding):
                    found[part].append(role)
    return found


def _role(binding: Object) -> Iterator[tuple[str, str]]:
    reference = mapping(binding.get("roleRef"))
    namespace = metadata(binding).get("namespace", "")
    if reference.get("kind") == "Role":
        yield "roles", f"{namespace}:{reference.get('name')}"
    else:
        yield "clusterRoles", str(reference.get("name"))


def _bound(subject: Mapping[str, Any], binding: Object, user: UserInfo) -> bool:
    namespace = subject.get("namespace") or metadata(binding).get("namespace", "")
    match subject.get("kind"):
        case "ServiceAccount":
            return user.username == f"{_ACCOUNT}{namespace}:{subject.get('name')}"
        case "User":
            return user.username == subject.get("name")
    return subject.get("name") in user.groups
