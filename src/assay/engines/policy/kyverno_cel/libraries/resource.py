"""``resource.Get/List/Post/ToGVR``, ``globalContext.Get`` and ``generator.Apply``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.libraries.authorizer import PathCheck, ResourceCheck, check
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Namespace, Opaque, Value, plain
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.match_resources import labels
from assay.engines.policy.resources import kind_of, resource_kind
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind, Object, UserInfo
from assay.ports import Cluster

MAX_GENERATED = 1000
_R, _G, _GENERATOR, _GVR = "resource.Context", "globalcontext.Context", "generator.Context", "resource.GVR"
_MANAGED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "ownerReferences")


class Resource(Namespace):
    """The variable ``resource``."""

    cel_type = _R
    __slots__ = ()


class GlobalContext(Namespace):
    """The variable ``globalContext``."""

    cel_type = _G
    __slots__ = ()


class Generator(Namespace):
    """The variable ``generator``."""

    cel_type = _GENERATOR
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Gvr(Opaque):
    """``resource.ToGVR("apps/v1", "Deployment")``."""

    cel_type = _GVR
    api_version: str
    resource: str

    def select(self, field: str) -> Value:
        """The parts, by the names that Kyverno gives them."""
        group, _, version = self.api_version.rpartition("/")
        found = {"Group": group, "Version": version, "Resource": self.resource}
        if field.capitalize() not in found:
            raise Untold(f"a resource has no field {field!r:.40}")
        return found[field.capitalize()]


def _kind(api_version: str, resource: str) -> GroupVersionKind:
    group, _, version = api_version.rpartition("/")
    return GroupVersionKind(group, version, kind_of(group, resource))


def _cluster(context: Context) -> Cluster:
    if context.world.cluster is None:
        raise Untold("resource functions need a cluster to ask")
    return context.world.cluster


def _place(context: Context, namespace: str) -> str:
    """The namespace to look in; a namespaced policy looks in its own only."""
    if context.namespace and namespace not in ("", context.namespace):
        raise Untold(f"a policy of the namespace {context.namespace} may not look into {namespace}")
    return context.namespace or namespace


def _get(context: Context, _: Resource, api_version: str, resource: str, namespace: str, name: str) -> Object:
    kind = _kind(api_version, resource)
    try:
        found = _cluster(context).get(kind, _place(context, namespace), name)
    except AssayError as error:
        raise Untold(f"failed to get resource: {error}") from error
    if found is None:
        raise Untold(f'failed to get resource: {resource} "{name}" not found')
    return found


def _get_own(context: Context, receiver: Resource, api_version: str, resource: str, name: str) -> Object:
    if not context.namespace:
        raise Untold("resource.Get takes a version, a resource, a namespace and a name")
    return _get(context, receiver, api_version, resource, context.namespace, name)


def _list(
    context: Context, _: Resource, api_version: str, resource: str, namespace: str, wanted: dict[str, str] | None = None
) -> Object:
    kind = _kind(api_version, resource)
    try:
        found = _cluster(context).list(kind, _place(context, namespace))
    except AssayError as error:
        raise Untold(f"failed to list resource: {error}") from error
    if wanted:
        found = [item for item in found if wanted.items() <= labels(item).items()]
    listed = f"{found[0].get('kind', kind.kind)}List" if found else f"{kind.kind}List"
    return {"apiVersion": api_version, "kind": listed, "metadata": {}, "items": list(found)}


def _list_own(
    context: Context, receiver: Resource, api_version: str, resource: str, wanted: dict[str, str] | None = None
) -> Object:
    if not context.namespace:
        raise Untold("resource.List takes a version, a resource and a namespace")
    return _list(context, receiver, api_version, resource, context.namespace, wanted)


def _post(context: Context, _: Resource, api_version: str, resource: str, *rest: Any) -> Object:
    """Only reviews of rights are answered, from the cluster's roles: a policy makes no object by asking."""
    if resource != "subjectaccessreviews" or not api_version.startswith("authorization.k8s.io/"):
        raise Untold(f"{api_version} {resource} is not posted: only SubjectAccessReviews are answered")
    review = plain(rest[-1])
    spec = review.get("spec") if isinstance(review, dict) else None
    if not isinstance(spec, dict):
        raise Untold("a SubjectAccessReview has a spec")
    decision = check(context, *_asked(spec))
    status = {"allowed": decision.allowed, "reason": decision.reason}
    return {**review, "status": {**status, **({"evaluationError": decision.error} if decision.error else {})}}


def _asked(spec: Object) -> tuple[ResourceCheck | PathCheck, str]:
    """What a review is about, and the verb."""
    user = UserInfo(str(spec.get("user") or ""), groups=tuple(map(str, spec.get("groups") or ())))
    if isinstance(path := spec.get("nonResourceAttributes"), dict):
        return PathCheck(user, str(path.get("path") or "")), str(path.get("verb") or "")
    found = spec.get("resourceAttributes")
    if not isinstance(found, dict):
        raise Untold("a SubjectAccessReview names a resource or a path")
    names = (str(found.get(field) or "") for field in ("group", "resource", "subresource", "namespace", "name"))
    return ResourceCheck(user, *names), str(found.get("verb") or "")


def _global(context: Context, _: GlobalContext, name: str, projection: str = "") -> Value:
    if context.world.global_context is None:
        raise Untold(f"failed to get global context {name!r:.80}: there is none")
    try:
        return context.world.global_context(name, projection)
    except AssayError as error:
        raise Untold(f"failed to get global context: {error}") from error


def _generate(context: Context, _: Generator, namespace: str, items: list[Value]) -> bool:
    for item in items:
        found = plain(item)
        if not isinstance(found, dict):
            raise Untold("generator.Apply takes a list of objects")
        inner = found.get("items")
        for one in inner if isinstance(inner, list) and str(found.get("kind", "")).endswith("List") else [found]:
            context.generated.append(_generated(one, _place(context, namespace)))
    if len(context.generated) > MAX_GENERATED:
        raise Untold(f"a policy generates over {MAX_GENERATED} objects")
    return True


def take(context: Context, item: Object) -> None:
    """Generate an object in the namespace that it names; raises `Untold` for one that is none, or of too many."""
    metadata = item.get("metadata")
    named = str(metadata.get("namespace") or "") if isinstance(metadata, dict) else ""
    context.generated.append(_generated(item, _place(context, named)))
    if len(context.generated) > MAX_GENERATED:
        raise Untold(f"a policy generates over {MAX_GENERATED} objects")


def _generated(item: Object, namespace: str) -> Object:
    """What is made of it: in the namespace, without what the API server keeps about the source."""
    kind = GroupVersionKind.of(item)
    if not kind.kind:
        raise Untold("a generated object has no kind")
    known = item.get("metadata")
    if not isinstance(known, dict):
        raise Untold("a generated object has no metadata")
    metadata = {key: value for key, value in known.items() if key not in _MANAGED}
    if namespace and resource_kind(kind.group, kind.kind).namespaced:
        metadata["namespace"] = namespace
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


_GET = {f"{_R} -> {name}(string, string, string, string): dyn": InContext(_get) for name in ("Get", "get")} | {
    f"{_R} -> {name}(string, string, string): dyn": InContext(_get_own) for name in ("Get", "get")
}
_LIST: dict[str, Any] = {}
for _name in ("List", "list"):
    _LIST[f"{_R} -> {_name}(string, string, string): dyn"] = InContext(_list)
    _LIST[f"{_R} -> {_name}(string, string, string, map): dyn"] = InContext(_list)
    _LIST[f"{_R} -> {_name}(string, string): dyn"] = InContext(_list_own)
    _LIST[f"{_R} -> {_name}(string, string, map): dyn"] = InContext(_list_own)
    _LIST[f"{_R} -> {_name}({_GVR}, string): dyn"] = InContext(
        lambda context, receiver, gvr, namespace: _list(context, receiver, gvr.api_version, gvr.resource, namespace)
    )
for _name in ("Get", "get"):
    _GET[f"{_R} -> {_name}({_GVR}, string, string): dyn"] = InContext(
        lambda context, receiver, gvr, namespace, name: _get(
            context, receiver, gvr.api_version, gvr.resource, namespace, name
        )
    )

RESOURCE = Library(
    "resource",
    {
        **_GET,
        **_LIST,
        **{f"{_R} -> {name}(string, string, map): dyn": InContext(_post) for name in ("Post", "post")},
        **{f"{_R} -> {name}(string, string, string, map): dyn": InContext(_post) for name in ("Post", "post")},
        f"{_R} -> ToGVR(string, string): dyn": lambda _, api_version, kind: Gvr(
            api_version, resource_kind(api_version.rpartition("/")[0], kind).resource
        ),
    },
    {"resource": Resource()},
)
GLOBAL_CONTEXT = Library(
    "globalContext",
    {f"{_G} -> {name}(string, string): dyn": InContext(_global) for name in ("Get", "get")}
    | {f"{_G} -> {name}(string): dyn": InContext(_global) for name in ("Get", "get")},
    {"globalContext": GlobalContext()},
)
GENERATOR = Library(
    "generator",
    {f"{_GENERATOR} -> {name}(string, list): bool": InContext(_generate) for name in ("Apply", "apply")},
    {"generator": Generator()},
)
