"""Which requests a policy is about (admissionregistration.k8s.io MatchResources), read once and asked often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.selectors import Selector, selects
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.policy import AdmissionRequest, GroupVersionResource, Object, Operation

_FIELDS = ("resourceRules", "excludeResourceRules", "namespaceSelector", "objectSelector", "matchPolicy")
_RULE = ("apiGroups", "apiVersions", "operations", "resources", "resourceNames", "scope")
_OPERATIONS = (*Operation, "*")
_MOVED = {
    ("extensions", "deployments"): "apps",
    ("extensions", "daemonsets"): "apps",
    ("extensions", "replicasets"): "apps",
    ("extensions", "ingresses"): "networking.k8s.io",
    ("extensions", "networkpolicies"): "networking.k8s.io",
    ("extensions", "podsecuritypolicies"): "policy",
    ("", "events"): "events.k8s.io",
}
"""Resources that are served in two groups: the same objects."""


@dataclass(frozen=True, slots=True)
class ResourceRule:
    """One rule (NamedRuleWithOperations); ``*`` stands for everything."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    operations: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    scope: str

    def takes(self, request: AdmissionRequest, equivalent: bool) -> bool:
        """Whether the request is one of those; `equivalent` takes other versions of the same resource too."""
        if self.names and request.name not in self.names:
            return False
        if not _in(request.operation, self.operations) or not self._in_scope(request):
            return False
        return any(self._serves(resource, request.sub_resource) for resource in _same(request.resource, equivalent))

    def _serves(self, resource: GroupVersionResource, sub_resource: str) -> bool:
        return (
            _in(resource.group, self.groups)
            and (not resource.version or _in(resource.version, self.versions))
            and any(_resource(wanted, resource.resource, sub_resource) for wanted in self.resources)
        )

    def _in_scope(self, request: AdmissionRequest) -> bool:
        if self.scope == "*":
            return True
        namespaced = bool(request.namespace) and not _is_namespace(request)
        return namespaced == (self.scope == "Namespaced")


def _same(resource: GroupVersionResource, equivalent: bool) -> Iterator[GroupVersionResource]:
    yield resource
    if equivalent:
        yield resource._replace(version="")
        if (group := _MOVED.get((resource.group, resource.resource))) is not None:
            yield GroupVersionResource(group, "", resource.resource)
        for (old, name), group in _MOVED.items():
            if group == resource.group and name == resource.resource:
                yield GroupVersionResource(old, "", name)


def _in(wanted: str, given: tuple[str, ...]) -> bool:
    return "*" in given or wanted in given


def _resource(wanted: str, resource: str, sub_resource: str) -> bool:
    name, slash, sub = wanted.partition("/")
    if wanted == "*":
        return not sub_resource
    return name in ("*", resource) and (sub in ("*", sub_resource) if slash else not sub_resource)


def _is_namespace(request: AdmissionRequest) -> bool:
    return request.resource.resource == "namespaces" and not request.resource.group


@dataclass(frozen=True, slots=True)
class MatchResources:
    """Rules, exclusions and selectors; empty: every request."""

    rules: tuple[ResourceRule, ...] = ()
    excluded: tuple[ResourceRule, ...] = ()
    namespaces: Selector | None = None
    objects: Selector | None = None
    equivalent: bool = False

    @classmethod
    def load(cls, value: Object, place: str, versions: bool = True) -> MatchResources:
        """Raises `Malformed` with the place of what is wrong; without `versions` matchPolicy is always Exact."""
        only(value, _FIELDS, place)
        policy = text(value, "matchPolicy", place, ("Exact", "Equivalent"), "Equivalent")
        return cls(
            tuple(_rule(item, where) for item, where in objects(value, "resourceRules", place)),
            tuple(_rule(item, where) for item, where in objects(value, "excludeResourceRules", place)),
            selector(value, "namespaceSelector", place),
            selector(value, "objectSelector", place),
            versions and policy == "Equivalent",
        )

    def takes(self, request: AdmissionRequest, world: World) -> bool:
        """Whether the policy is about the request; raises `ExternalError` where a namespace cannot be looked up."""
        if any(rule.takes(request, self.equivalent) for rule in self.excluded):
            return False
        if self.rules and not any(rule.takes(request, self.equivalent) for rule in self.rules):
            return False
        return self._takes_object(request) and self._takes_namespace(request, world)

    def _takes_object(self, request: AdmissionRequest) -> bool:
        return not self.objects or any(
            selects(self.objects, labels(item)) for item in (request.object, request.old_object) if item is not None
        )

    def _takes_namespace(self, request: AdmissionRequest, world: World) -> bool:
        if not self.namespaces:
            return True
        if _is_namespace(request):
            return selects(self.namespaces, labels(request.object or request.old_object or {}))
        if not request.namespace:
            return True
        found = world.namespace(request.namespace) or {}
        return selects(self.namespaces, labels(found) or {"kubernetes.io/metadata.name": request.namespace})


def labels(item: Object) -> dict[str, str]:
    """The labels of an object."""
    metadata = item.get("metadata")
    found = metadata.get("labels") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def selector(value: Object, field: str, place: str) -> Selector | None:
    """The label selector in `field`, checked; None where it takes everything."""
    found = mapping(value, field, place)
    where = f"{place}.{field}"
    only(found, ("matchLabels", "matchExpressions"), where)
    try:
        mapping(found, "matchLabels", where)
        for item, inner in objects(found, "matchExpressions", where):
            only(item, ("key", "operator", "values"), inner)
        selects(found, {})
        selects({"matchExpressions": found.get("matchExpressions")}, {})
    except Malformed as error:
        if error.what.startswith(where):
            raise
        wrong(where, error.what)
    return found or None


def _rule(item: Object, place: str) -> ResourceRule:
    only(item, _RULE, place)
    operations = texts(item, "operations", place) or ("*",)
    for operation in operations:
        if operation not in _OPERATIONS:
            wrong(f"{place}.operations", f"{operation!r:.40} is no operation")
    return ResourceRule(
        texts(item, "apiGroups", place) or ("*",),
        texts(item, "apiVersions", place) or ("*",),
        operations,
        texts(item, "resources", place) or ("*",),
        texts(item, "resourceNames", place),
        text(item, "scope", place, ("Cluster", "Namespaced", "*"), "*"),
    )
