"""The webhook configurations, kept as the policies need them: made, changed and put right by the replica that leads.

They name the kinds in use and nothing else, leave out the namespaces of the system and the controller's own, and trust
the authority whose certificate is served. What somebody else changes in them is put back within seconds.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assay.adapters.kubernetes.client import Conflict
from assay.app import webhook_rules
from assay.app.webhook_rules import ALL, Rules
from assay.errors import AssayError
from assay.formats.json import as_list, as_object, as_text
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

GROUP = "admissionregistration.k8s.io"
VALIDATING = GroupVersionKind(GROUP, "v1", "ValidatingWebhookConfiguration")
MUTATING = GroupVersionKind(GROUP, "v1", "MutatingWebhookConfiguration")
CLUSTER_ROLE = GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRole")
SYSTEM = ("kube-system", "kube-node-lease", "kube-public")
_LOOK = 3.0
"""Seconds between looks at configurations that were right."""
_MANAGED = {"app.kubernetes.io/managed-by": "assay"}
_POLICIES = (
    ("assay.dev", ["assaypolicies", "assayexceptions", "breakglasses"]),
    ("kyverno.io", ["clusterpolicies"]),
    ("policies.kyverno.io", [ALL]),
    ("policy.sigstore.dev", ["clusterimagepolicies"]),
)
_NOISE = (("coordination.k8s.io", "leases"), ("", "events"), ("events.k8s.io", "events"))
"""What is written all the time; asked about only where a policy names it."""
_REVIEWS = ("authentication.k8s.io", "authorization.k8s.io")
MIRROR = (
    'object == null || !("system:nodes" in request.userInfo.groups) || !has(object.metadata) ||'
    " !has(object.metadata.annotations) ||"
    ' !("kubernetes.io/config.mirror" in object.metadata.annotations)'
)
"""The kubelet's mirrors of static pods cannot be refused: what they mirror runs already."""


class Registrar(Protocol):
    """What is needed of a cluster."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...

    def create(self, item: Object) -> Object:
        """Make an object."""
        ...

    def replace(self, item: Object) -> Object:
        """Put an object in the place of another."""
        ...

    def find(self, group: str, kind: str) -> list[tuple[str, str]]:
        """The groups and resources that serve a kind."""
        ...

    def delete(self, kind: GroupVersionKind, namespace: str, name: str) -> bool:
        """Take an object away; whether there was one."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """How the webhooks are reached, and whom they are asked about."""

    name: str
    namespace: str
    service: str = ""
    url: str = ""
    """Where there is no service: an address that the API server reaches, without a slash at its end."""
    failure_policy: str = "Fail"
    timeout: int = 10
    excluded: Sequence[str] = SYSTEM
    labels: Mapping[str, str] = field(default_factory=dict)
    """Namespaces must have these, where any are given."""
    conditions: Sequence[tuple[str, str]] = ()
    """Further CEL conditions, by name."""
    owner: str = ""
    """A ClusterRole with which the configurations go."""
    account: str = ""
    """The user as which the controller itself writes; it is not asked about."""
    port: int = 443


def configuration(webhook: Webhook, kind: GroupVersionKind, rules: Rules, bundle: bytes) -> Object:
    """One of the two configurations; without any rule it has no webhooks."""
    mutating = kind == MUTATING
    table = rules.mutate if mutating else rules.validate
    path = "mutate" if mutating else "validate"
    hooks: list[Object] = []
    if table:
        hooks.append(_hook(webhook, path, _rules(table), bundle, _conditions(webhook, table)))
    if not mutating:
        hooks.append(_own_hook(webhook, bundle))
    metadata: Object = {"name": webhook.name, "labels": dict(_MANAGED)}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "webhooks": list(hooks)}


def _hook(webhook: Webhook, path: str, rules: list[Object], bundle: bytes, conditions: list[Object]) -> Object:
    expressions: list[Object] = [
        {
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": list(dict.fromkeys((*webhook.excluded, webhook.namespace))),
        }
    ]
    selector: Object = {"matchExpressions": list(expressions)}
    if webhook.labels:
        selector["matchLabels"] = dict(webhook.labels)
    return {
        "name": f"{path}.admission.assay.dev",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "NoneOnDryRun",
        "matchPolicy": "Equivalent",
        "failurePolicy": webhook.failure_policy,
        "timeoutSeconds": webhook.timeout,
        "clientConfig": _client(webhook, path, bundle),
        "namespaceSelector": selector,
        "objectSelector": {},
        "matchConditions": list(conditions),
        "rules": list(rules),
        **({"reinvocationPolicy": "IfNeeded"} if path == "mutate" else {}),
    }


def _own_hook(webhook: Webhook, bundle: bytes) -> Object:
    """For policies themselves: of assay's own, what could not be loaded is refused; about others there is a warning.

    Where nobody answers they are let in, and told of later.
    """
    rules = [_rule(group, names, webhook_rules.USUAL, "Cluster") for group, names in _POLICIES]
    return {
        **_hook(webhook, "validate", rules, bundle, []),
        "name": "policies.admission.assay.dev",
        "failurePolicy": "Ignore",
        "namespaceSelector": {},
    }


def _client(webhook: Webhook, path: str, bundle: bytes) -> Object:
    where: Object = {"caBundle": base64.b64encode(bundle).decode()} if bundle else {}
    if webhook.url:
        return {**where, "url": f"{webhook.url}/{path}"}
    service = {"name": webhook.service, "namespace": webhook.namespace, "path": f"/{path}", "port": webhook.port}
    return {**where, "service": service}


def _conditions(webhook: Webhook, table: Mapping[tuple[str, str], Collection[str]]) -> list[Object]:
    found = [("no-mirror-pods", MIRROR)]
    if webhook.account:
        found.append(("not-ourselves", f'request.userInfo.username != "{webhook.account}"'))
    if any(group == ALL and resource.startswith(ALL) for group, resource in table):
        quiet = [(group, resource) for group, resource in _NOISE if (group, resource) not in table]
        parts = [
            f'(request.resource.group == "{group}" && request.resource.resource == "{name}")' for group, name in quiet
        ]
        parts += [f'request.resource.group == "{group}"' for group in _REVIEWS]
        found.append(("no-noise", f"!({' || '.join(parts)})"))
    return [{"name": name, "expression": text} for name, text in (*found, *webhook.conditions)]


def _rules(table: Mapping[tuple[str, str], Collection[str]]) -> list[Object]:
    """Resources of one group with the same operations together, in a fixed order."""
    joined: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), operations in sorted(table.items()):
        joined.setdefault((group, tuple(sorted(operations))), []).append(resource)
    return [_rule(group, names, operations) for (group, operations), names in joined.items()]


def _rule(group: str, names: list[str], operations: Iterable[str], scope: str = ALL) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": [ALL],
        "operations": sorted(operations),
        "resources": list(names),
        "scope": scope,
    }


class Registration:
    """Keeps both configurations; `bundle` gives the authorities to trust (PEM), empty where others fill them in."""

    def __init__(
        self,
        cluster: Registrar,
        webhook: Webhook,
        bundle: Callable[[], bytes],
        enforced: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster, self._webhook, self._bundle = cluster, webhook, bundle
        self._enforced, self._clock = enforced, clock
        self._in_force: tuple[bytes, float] | None = None
        self._looked: tuple[int, bytes] | None = None
        self._next = 0.0

    def seconds_in_force(self, bundle: bytes) -> float:
        """For how long both configurations have held this bundle, as far as this replica saw it."""
        if self._in_force is None or self._in_force[0] != bundle:
            return 0.0
        return self._clock() - self._in_force[1]

    def round(self, found: Sequence[Manifest], wrongs: Sequence[AssayError]) -> None:
        """Put both configurations right, now and then or when something changed; raises `ExternalError`."""
        bundle = self._bundle()
        if self._looked == (id(found), bundle) and self._clock() < self._next:
            return
        rules = webhook_rules.of(found, wrongs, self._enforced, self._cluster.find)
        try:
            for kind in (VALIDATING, MUTATING):
                self._keep(kind, configuration(self._webhook, kind, rules, bundle))
        except Conflict:
            self._in_force = None
            return  # somebody else changed it at the same time: the next round sees what is there
        except AssayError:
            self._in_force = None
            raise
        self._looked, self._next = (id(found), bundle), self._clock() + _LOOK
        if self._in_force is None or self._in_force[0] != bundle:
            self._in_force = bundle, self._clock()

    def _keep(self, kind: GroupVersionKind, wanted: Object) -> None:
        there = self._cluster.get(kind, "", self._webhook.name)
        if there is None:
            self._cluster.create({**wanted, "metadata": {**as_object(wanted["metadata"]), **self._owner()}})
            return
        if not as_text(_client_of(wanted).get("caBundle")):
            wanted = _with_bundle(wanted, there)
        if not _holds(wanted, there):
            if _client_of(there).get("caBundle") != _client_of(wanted).get("caBundle"):
                self._in_force = None
            metadata = _over(as_object(there.get("metadata")), as_object(wanted["metadata"]))
            self._cluster.replace({**there, **wanted, "metadata": metadata})

    def _owner(self) -> Object:
        """So that the configurations go when the ClusterRole does, as with ``helm uninstall``."""
        if not self._webhook.owner:
            return {}
        role = self._cluster.get(CLUSTER_ROLE, "", self._webhook.owner)
        if role is None:
            return {}
        uid = as_text(as_object(role.get("metadata")).get("uid"))
        reference = {"apiVersion": CLUSTER_ROLE.api_version, "kind": CLUSTER_ROLE.kind, "name": self._webhook.owner}
        return {"ownerReferences": [{**reference, "uid": uid}]}


def remove(cluster: Registrar, name: str) -> list[str]:
    """Take both configurations away; the kinds of those that were there."""
    return [kind.kind for kind in (VALIDATING, MUTATING) if cluster.delete(kind, "", name)]


def _client_of(item: Object) -> Object:
    hooks = as_list(item.get("webhooks"))
    return as_object(as_object(hooks[0]).get("clientConfig")) if hooks else {}


def _with_bundle(wanted: Object, there: Object) -> Object:
    """With the authorities that somebody else, as cert-manager's injector, has written into what is there."""
    bundle = _client_of(there).get("caBundle")
    if not bundle:
        return wanted
    hooks = [
        {**hook, "clientConfig": {**as_object(hook.get("clientConfig")), "caBundle": bundle}}
        for hook in map(as_object, as_list(wanted.get("webhooks")))
    ]
    return {**wanted, "webhooks": list(hooks)}


def _holds(wanted: object, there: object) -> bool:
    """Whether everything that is wanted is there; lists must be the same, item by item."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_holds(value, there.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(there, list)
            and len(wanted) == len(there)
            and all(_holds(one, other) for one, other in zip(wanted, there, strict=True))
        )
    return wanted == there


def _over(there: Object, wanted: Object) -> Object:
    return {
        **there,
        **{
            key: {**as_object(there.get(key)), **value} if isinstance(value, dict) else value
            for key, value in wanted.items()
        },
    }
