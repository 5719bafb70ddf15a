"""Which kinds of objects the loaded policies are about, as far as the cluster serves them: what a scan looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assay.app.existing_workloads import KINDS as WORKLOADS
from assay.engines.policy import resources, wildcards
from assay.engines.policy.kyverno import kinds as kyverno_kinds
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind

if TYPE_CHECKING:
    from assay.app.policy_kinds import Discovery
    from assay.formats.manifest import Manifest
    from assay.model.policy import Object

_EVERYWHERE = ("", "apps", "batch", "autoscaling", "networking.k8s.io", "policy", "rbac.authorization.k8s.io")
"""The groups that a wildcard for groups stands for."""
_UNLIKELY = frozenset(
    ("Binding", "ComponentStatus", "ControllerRevision", "Endpoints", "Event", "Eviction", "Node", "Scale", "Secret")
)
"""Kinds that a wildcard does not stand for: of no interest to policies, or secret."""
_KUBERNETES = ("admissionregistration.k8s.io", "policies.kyverno.io")
_Wanted = tuple[str, str, bool]
"""Pattern of the group, pattern of the kind or resource, and whether it is the resource."""


def speaks_of_what_runs(item: Manifest) -> bool:
    """Whether a policy has something to say of an object, and does not only delete it."""
    return not str(item.object.get("kind", "")).endswith(("DeletingPolicy", "CleanupPolicy"))


def of(manifests: Iterable[Manifest], cluster: Discovery) -> list[GroupVersionKind]:
    """The kinds, in the versions that the cluster prefers; raises `ExternalError` where it cannot be asked."""
    wanted = {found for item in manifests for found in _wanted(item.object)}
    kinds: dict[GroupVersionKind, None] = {}
    for group in sorted({group for pattern, _, _ in wanted for group in _groups(pattern)}):
        for kind in _served(cluster, group):
            if any(_takes(one, kind) for one in wanted):
                kinds[kind] = None
    if any(kind.kind == "Pod" and not kind.group for kind in kinds):
        kinds |= {kind: None for group in ("apps", "batch") for kind in _served(cluster, group) if kind in WORKLOADS}
    return list(kinds)


def _groups(pattern: str) -> Iterable[str]:
    return (*_EVERYWHERE, *WORKLOAD_GROUPS) if wildcards.contains(pattern) else (pattern,)


WORKLOAD_GROUPS = tuple(sorted({kind.group for kind in WORKLOADS}))


def _served(cluster: Discovery, group: str) -> Iterator[GroupVersionKind]:
    seen: set[str] = set()
    for version in cluster.versions(group):
        for kind in cluster.kinds(group, version):
            if kind not in seen:
                seen.add(kind)
                yield GroupVersionKind(group, version, kind)


def _takes(wanted: _Wanted, kind: GroupVersionKind) -> bool:
    group, name, is_resource = wanted
    if not wildcards.match(group, kind.group):
        return False
    if wildcards.contains(name) and kind.kind in _UNLIKELY:
        return False
    return wildcards.match(name, resources.resource_kind(kind.group, kind.kind).resource if is_resource else kind.kind)


def _wanted(item: Object) -> Iterator[_Wanted]:
    group, spec = str(item.get("apiVersion", "")).partition("/")[0], _mapping(item.get("spec"))
    if group == "assay.dev":
        named = _texts(_mapping(spec.get("workloads")).get("kinds"))
        yield from (("*", kind, False) for kind in named) if named else _workloads()
    elif group == "policy.sigstore.dev":
        yield from _workloads()
    elif group == "kyverno.io":
        yield from _classic(spec)
    elif group in _KUBERNETES:
        yield from _rules(_mapping(spec.get("matchConstraints")))
    elif group == "constraints.gatekeeper.sh":
        yield from _constraint(_mapping(spec.get("match")))


def _workloads() -> Iterator[_Wanted]:
    yield from ((kind.group, kind.kind, False) for kind in WORKLOADS)


def _classic(spec: Mapping[str, Any]) -> Iterator[_Wanted]:
    for rule in (spec, *_list(spec.get("rules"))):  # CleanupPolicy has its match in the spec
        match = _mapping(_mapping(rule).get("match"))
        for part in (match, *_list(match.get("any")), *_list(match.get("all"))):
            for text in _texts(_mapping(_mapping(part).get("resources")).get("kinds")):
                try:
                    kind = kyverno_kinds.parse(text)
                except AssayError:
                    continue  # such a policy was not loaded, which is told elsewhere
                if not kind.sub_resource or kind.sub_resource == "*":
                    yield kind.group, kind.kind, False


def _rules(match: Mapping[str, Any]) -> Iterator[_Wanted]:
    for rule in _list(match.get("resourceRules")):
        about = _mapping(rule)
        for group in _texts(about.get("apiGroups")):
            yield from ((group, name, True) for name in _texts(about.get("resources")) if "/" not in name)


def _constraint(match: Mapping[str, Any]) -> Iterator[_Wanted]:
    named = _list(match.get("kinds"))
    if not named:
        yield "*", "*", False
    for entry in map(_mapping, named):
        for group in _texts(entry.get("apiGroups")) or ["*"]:
            yield from ((group, kind, False) for kind in _texts(entry.get("kinds")) or ["*"])


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in _list(value) if isinstance(item, str)]
