"""``authorizer`` (k8s.io/apiserver/pkg/cel/library/authz.go): may the user do this?

The answer comes from the roles and bindings of the cluster (RBAC); where there is no cluster, asking is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Opaque, Value
from assay.engines.policy.world import World
from assay.errors import ExternalError
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, UserInfo

_AUTHORIZER, _PATH, _GROUP = (
    "kubernetes.authorization.Authorizer",
    "kubernetes.authorization.PathCheck",
    "kubernetes.authorization.GroupCheck",
)
_RESOURCE, _DECISION = "kubernetes.authorization.ResourceCheck", "kubernetes.authorization.Decision"
_RBAC = "rbac.authorization.k8s.io"
_MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class Authorizer(Opaque):
    """``authorizer``: whom the checks are about, and the request that they are made in."""

    cel_type = _AUTHORIZER
    user: UserInfo
    request: AdmissionRequest | None = None

    def select(self, field: str) -> Value:
        """``authorizer.requestResource``."""
        if field != "requestResource" or self.request is None:
            raise Untold(f"the authorizer has no field {field!r:.80}")
        made = self.request
        return ResourceCheck(
            self.user, made.resource.group, made.resource.resource, made.sub_resource, made.namespace, made.name
        )

    def has(self, field: str) -> bool:
        """Whether `select` has an answer."""
        return field == "requestResource" and self.request is not None


@dataclass(frozen=True, slots=True)
class PathCheck(Opaque):
    """``authorizer.path("/healthz")``."""

    cel_type = _PATH
    user: UserInfo
    path: str


@dataclass(frozen=True, slots=True)
class GroupCheck(Opaque):
    """``authorizer.group("apps")``."""

    cel_type = _GROUP
    user: UserInfo
    group: str


@dataclass(frozen=True, slots=True)
class ResourceCheck(Opaque):
    """``authorizer.group("apps").resource("deployments")``, narrowed further."""

    cel_type = _RESOURCE
    user: UserInfo
    group: str
    resource: str
    sub_resource: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Decision(Opaque):
    """What a check says."""

    cel_type = _DECISION
    allowed: bool
    reason: str = ""
    error: str = ""


def check(context: Value, asked: ResourceCheck | PathCheck, verb: str) -> Decision:
    """What the roles of the cluster say; raises `Untold` where there is none."""
    world = getattr(context, "world", context)
    if not isinstance(world, World) or world.cluster is None:
        raise Untold("the authorizer needs a cluster to ask")
    if _MASTERS in asked.user.groups:
        return Decision(True, "system:masters")
    try:
        allowed = any(_allows(rule, asked, verb) for rule in _rules(world, asked))
    except ExternalError as error:
        return Decision(False, "", str(error))
    return Decision(allowed, "RBAC" if allowed else "no rule allows it")


def _rules(world: World, asked: ResourceCheck | PathCheck) -> Iterator[Object]:
    """The rules of all roles that are bound to the user, in the whole cluster and in the namespace asked about."""
    yield from _bound(world, asked.user, "")
    if isinstance(asked, ResourceCheck) and asked.namespace:
        yield from _bound(world, asked.user, asked.namespace)


def _bound(world: World, user: UserInfo, namespace: str) -> Iterator[Object]:
    assert world.cluster is not None
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    for binding in world.cluster.list(GroupVersionKind(_RBAC, "", kind), namespace):
        if any(_is(user, subject, namespace) for subject in binding.get("subjects") or ()):
            reference = binding.get("roleRef") or {}
            scope = namespace if reference.get("kind") == "Role" else ""
            role = world.cluster.get(
                GroupVersionKind(_RBAC, "", str(reference.get("kind"))), scope, str(reference.get("name"))
            )
            yield from (role or {}).get("rules") or ()


def _is(user: UserInfo, subject: Object, namespace: str) -> bool:
    match subject.get("kind"):
        case "User":
            return user.username == subject.get("name")
        case "Group":
            return subject.get("name") in user.groups
        case "ServiceAccount":
            where = subject.get("namespace") or namespace
            return user.username == f"system:serviceaccount:{where}:{subject.get('name')}"
    return False


def _allows(rule: Object, asked: ResourceCheck | PathCheck, verb: str) -> bool:
    if not _in(verb, rule.get("verbs")):
        return False
    if isinstance(asked, PathCheck):
        paths = rule.get("nonResourceURLs") or ()
        return any(
            path in ("*", asked.path) or (path.endswith("*") and asked.path.startswith(path[:-1])) for path in paths
        )
    resource = f"{asked.resource}/{asked.sub_resource}" if asked.sub_resource else asked.resource
    names = rule.get("resourceNames") or ()
    resources = rule.get("resources") or ()
    return (
        _in(asked.group, rule.get("apiGroups"))
        and (_in(resource, resources) or bool(asked.sub_resource and f"*/{asked.sub_resource}" in resources))
        and (not names or asked.name in names)
    )


def _in(wanted: str, given: Value) -> bool:
    return isinstance(given, list) and ("*" in given or wanted in given)


AUTHORIZER = Library(
    "authorizer",
    {
        f"{_AUTHORIZER} -> path(string): {_PATH}": lambda found, path: PathCheck(found.user, path),
        f"{_AUTHORIZER} -> group(string): {_GROUP}": lambda found, group: GroupCheck(found.user, group),
        f"{_AUTHORIZER} -> serviceAccount(string, string): {_AUTHORIZER}": lambda found, namespace, name: replace(
            found, user=_service_account(namespace, name)
        ),
        f"{_GROUP} -> resource(string): {_RESOURCE}": lambda found, name: ResourceCheck(found.user, found.group, name),
        f"{_RESOURCE} -> subresource(string): {_RESOURCE}": lambda found, name: replace(found, sub_resource=name),
        f"{_RESOURCE} -> namespace(string): {_RESOURCE}": lambda found, name: replace(found, namespace=name),
        f"{_RESOURCE} -> name(string): {_RESOURCE}": lambda found, name: replace(found, name=name),
        f"{_RESOURCE} -> fieldSelector(string): {_RESOURCE}": lambda found, _: found,
        f"{_RESOURCE} -> labelSelector(string): {_RESOURCE}": lambda found, _: found,
        f"{_RESOURCE} -> check(string): {_DECISION}": InContext(check),
        f"{_PATH} -> check(string): {_DECISION}": InContext(check),
        f"{_DECISION} -> allowed(): bool": lambda found: found.allowed,
        f"{_DECISION} -> reason(): string": lambda found: found.reason,
        f"{_DECISION} -> errored(): bool": lambda found: bool(found.error),
        f"{_DECISION} -> error(): string": lambda found: found.error,
    },
)


def _service_account(namespace: str, name: str) -> UserInfo:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return UserInfo(f"system:serviceaccount:{namespace}:{name}", groups=groups)
