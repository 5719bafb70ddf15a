"""What the API server has to ask about, for the policies that are there: kinds in use, and no others.

Each language says in its own way what a policy is about; here that becomes groups, resources and operations. Where a
policy names none, it is asked about CREATE and UPDATE; DELETE and CONNECT only where a policy asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from assay.app import policy_kinds
from assay.engines.policy import resources
from assay.engines.policy.kyverno import kinds
from assay.errors import AssayError
from assay.formats.json import Json, as_list, as_object, as_text
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

ALL = "*"
USUAL = ("CREATE", "UPDATE")
_SPECIAL = ("DELETE", "CONNECT")
_CONNECTED = ("/exec", "/attach", "/portforward", "/proxy")
WORKLOADS = (
    *(("", "Pod"), ("", "ReplicationController"), ("apps", "Deployment"), ("apps", "ReplicaSet")),
    *(("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job"), ("batch", "CronJob")),
)
"""What has pods in it."""
_ENGINES = {policy_kinds.SIGSTORE: "policy-controller", policy_kinds.KUBERNETES: "kubernetes", policy_kinds.OWN: ""}
_CHANGING = ("MutatingPolicy", "NamespacedMutatingPolicy", "MutatingAdmissionPolicy")
_BOTH = ("ImageValidatingPolicy", "NamespacedImageValidatingPolicy")


Table = dict[tuple[str, str], set[str]]
"""Operations by group and resource."""
Find = Callable[[str, str], list[tuple[str, str]]]
"""Groups and resources of a kind, by group (``*``: any) and kind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that a policy wants to be asked about."""

    group: str
    resource: str
    operations: tuple[str, ...] = USUAL
    checks: bool = True
    changes: bool = False


@dataclass(slots=True)
class Rules:
    """Operations by group and resource, for each of the two webhooks."""

    validate: Table = field(default_factory=dict)
    mutate: Table = field(default_factory=dict)

    def add(self, asked: Asked, changes: bool) -> None:
        """Take one in; `changes` says whether its engine may change anything."""
        for wanted, table in ((asked.checks, self.validate), (asked.changes and changes, self.mutate)):
            operations = set(asked.operations)
            if table is self.mutate:
                operations -= set(_SPECIAL)
            if wanted and operations:
                table.setdefault((asked.group, asked.resource), set()).update(operations)
                if asked.resource == "pods":
                    table.setdefault((asked.group, "pods/ephemeralcontainers"), set()).update(operations)


def of(
    found: Sequence[Manifest], wrongs: Iterable[AssayError], enforced: Collection[str], find: Find | None = None
) -> Rules:
    """The rules for policies; those that could not be loaded ask for nothing.

    `find` says which resources serve a kind that is not Kubernetes' own; where it knows none, they are guessed.
    """
    rules = Rules()
    bad = tuple(error.what for error in wrongs)
    for item in found:
        if any(what.startswith(f"{item.place}:") for what in bad):
            continue
        engine = engine_of(item.object)
        for asked in _asked(item.object):
            rules.add(asked, changes=not engine or engine in enforced)
    return Rules(_named(rules.validate, find), _named(rules.mutate, find))


def _named(table: Table, find: Find | None) -> Table:
    """The same with the names of resources in place of kinds."""
    made: Table = {}
    for (group, name), operations in table.items():
        kind, slash, under = name.partition("/")
        places = [(group, kind)]
        if kind[:1].isupper():
            places = (find(group, kind) if find is not None else []) or [(group, resources.plural(kind))]
        for place, resource in places:
            made.setdefault((place, f"{resource}{slash}{under}"), set()).update(operations)
    return made


def engine_of(item: Object) -> str:
    """The engine of a policy, as ``--enforce`` names it; empty for assay's own."""
    group = GroupVersionKind.of(item).group
    return _ENGINES.get(group, "gatekeeper" if group.endswith("gatekeeper.sh") else "kyverno")


def _asked(item: Object) -> Iterator[Asked]:
    kind, spec = GroupVersionKind.of(item), as_object(item.get("spec"))
    if kind.group == policy_kinds.OWN:
        yield from _own(kind.kind, spec)
    elif kind.group == policy_kinds.SIGSTORE:
        yield from _sigstore(kind.kind, spec)
    elif kind.group == "kyverno.io":
        yield from _kyverno(kind.kind, spec)
    elif kind.group in ("policies.kyverno.io", policy_kinds.KUBERNETES):
        yield from _cel(kind.kind, spec)
    elif kind.group.endswith("gatekeeper.sh"):
        yield from _gatekeeper(kind, spec)


def _own(kind: str, spec: Object) -> Iterator[Asked]:
    if kind != "AssayPolicy":
        return
    workloads = as_object(spec.get("workloads"))
    operations = _texts(workloads.get("operations")) or USUAL
    pins = as_object(spec.get("digests")).get("pin") is True
    named = _texts(workloads.get("kinds"))
    for group, resource in [place for name in named for place in _places(name)] or _workloads():
        yield Asked(group, resource, operations, changes=pins)


def _sigstore(kind: str, spec: Object) -> Iterator[Asked]:
    if kind != "ClusterImagePolicy":
        return
    matched = [as_object(item) for item in as_list(spec.get("match"))]
    named = [(as_text(item.get("group")), as_text(item.get("resource"))) for item in matched if item.get("resource")]
    for group, resource in named if matched and len(named) == len(matched) else _workloads():
        yield Asked(group, resource, changes=True)


def _kyverno(kind: str, spec: Object) -> Iterator[Asked]:
    if kind not in ("ClusterPolicy", "Policy") or spec.get("admission") is False:
        return
    for rule in map(as_object, as_list(spec.get("rules"))):
        changes = "mutate" in rule or "verifyImages" in rule
        checks = "mutate" not in rule or "targets" in as_object(rule.get("mutate"))  # targets follow what was let in
        for match in _filters(as_object(rule.get("match"))):
            operations = _texts(match.get("operations")) or (*USUAL, *(word for word in _SPECIAL if _says(rule, word)))
            for group, resource in [place for name in _texts(match.get("kinds")) for place in _places(name)]:
                made = _workloads() if (group, resource) == ("", "pods") else [(group, resource)]
                connects = ("CONNECT",) if resource.endswith(_CONNECTED) else ()
                for place in made:
                    yield Asked(*place, (*operations, *connects), checks=checks, changes=changes)


def _filters(match: Object) -> list[Object]:
    parts = [match, *map(as_object, as_list(match.get("any"))), *map(as_object, as_list(match.get("all")))]
    return [as_object(part.get("resources")) for part in parts if part.get("resources")]


def _says(value: Json, word: str) -> bool:
    """Whether a rule speaks of an operation anywhere, as in a condition on ``{{request.operation}}``."""
    if isinstance(value, dict):
        return any(_says(item, word) for item in value.values())
    if isinstance(value, list):
        return any(_says(item, word) for item in value)
    return isinstance(value, str) and word in value.upper()


def _cel(kind: str, spec: Object) -> Iterator[Asked]:
    if kind.endswith(("Binding", "Exception")) or "Deleting" in kind:
        return
    if as_object(as_object(spec.get("evaluation")).get("admission")).get("enabled") is False:
        return
    changes = kind in _CHANGING or kind in _BOTH
    checks = kind not in _CHANGING or "targetMatchConstraints" in spec
    for rule in map(as_object, as_list(as_object(spec.get("matchConstraints")).get("resourceRules"))):
        operations = _texts(rule.get("operations")) or USUAL
        operations = (*USUAL, *_SPECIAL) if ALL in operations else operations
        for group in map(as_text, as_list(rule.get("apiGroups")) or [""]):
            for resource in _texts(rule.get("resources")):
                made = _workloads() if (group, resource) == ("", "pods") else [(group, resource)]
                for place in made:
                    yield Asked(*place, operations, checks=checks, changes=changes)


def _gatekeeper(kind: GroupVersionKind, spec: Object) -> Iterator[Asked]:
    if kind.group == "constraints.gatekeeper.sh":
        match = as_object(spec.get("match"))
        yield from (Asked(*place) for place in _listed(match.get("kinds"), "apiGroups") or [(ALL, ALL)])
    elif kind.group == "mutations.gatekeeper.sh":
        applied = _listed(spec.get("applyTo"), "groups") or _listed(
            as_object(spec.get("match")).get("kinds"), "apiGroups"
        )
        yield from (Asked(*place, checks=False, changes=True) for place in applied or [(ALL, ALL)])
    elif kind.group == "expansion.gatekeeper.sh":
        yield from (Asked(*place) for place in _listed(spec.get("applyTo"), "groups"))


def _listed(value: Json, groups: str) -> list[tuple[str, str]]:
    """Gatekeeper's lists of groups and kinds."""
    return [
        place
        for item in map(as_object, as_list(value))
        for group in [as_text(name) for name in as_list(item.get(groups))] or (ALL,)
        for kind in _texts(item.get("kinds")) or (ALL,)
        for place in _resources(group, kind)
    ]


def _places(text: str) -> list[tuple[str, str]]:
    """Groups and resources of a kind as policies write it: ``Pod``, ``apps/v1/Deployment``, ``Pod/exec``, ``*/*``."""
    try:
        selector = kinds.parse(text)
    except AssayError:
        return []  # its policy could not be loaded
    under = f"/{selector.sub_resource}" if selector.sub_resource else ""
    return [(group, f"{resource}{under}") for group, resource in _resources(selector.group, selector.kind)]


def _resources(group: str, kind: str) -> list[tuple[str, str]]:
    """The resources of a kind; in whichever groups have one of that name where the group is left open.

    A kind that Kubernetes does not have stands for itself, in capitals, until the cluster is asked (`of`).
    """
    if any(sign in kind for sign in "*?"):
        return [(group if not any(sign in group for sign in "*?") else ALL, ALL)]
    if ALL not in group:
        known = resources.known(group, kind)
        return [(group, known.resource if known is not None else kind)]
    return [(of, row.resource) for of, row in resources.everywhere(kind)] or [(ALL, kind)]


def _workloads() -> list[tuple[str, str]]:
    return [(group, resources.resource_kind(group, kind).resource) for group, kind in WORKLOADS]


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(as_text(item) for item in as_list(value) if as_text(item))
