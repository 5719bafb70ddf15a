"""CleanupPolicy and ClusterCleanupPolicy (kyverno.io/v2, v2beta1): what is to be deleted, by a schedule.

Example::

    apiVersion: kyverno.io/v2
    kind: ClusterCleanupPolicy
    metadata: {name: old-pods}
    spec:
      schedule: "*/5 * * * *"
      match: {any: [{resources: {kinds: [Pod]}}]}
      conditions: {all: [{key: "{{ time_since('', '{{ target.metadata.creationTimestamp }}', '') }}",
                          operator: GreaterThan, value: 24h}]}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.fields import mapping, only, text, wrong
from assay.engines.policy.kyverno import clauses, entries, filter_fields, filters
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.entries import Entry
from assay.engines.policy.kyverno.odd import metadata
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.resources import resource_of
from assay.engines.policy.world import World
from assay.errors import AssayError, Malformed
from assay.formats import cron
from assay.formats.manifest import Manifest
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind, Object, Operation, Outcome, RuleResult

KINDS = ("CleanupPolicy", "ClusterCleanupPolicy")
VERSIONS = ("v2", "v2beta1")
_SPEC = ("context", "match", "exclude", "schedule", "conditions", "deletionPropagationPolicy")
_USERS = ("roles", "clusterRoles", "subjects")
_PROPAGATIONS = ("Foreground", "Background", "Orphan")


@dataclass(frozen=True, slots=True)
class CleanupPolicy:
    """One of them; `namespace` is that of a CleanupPolicy. Requests are not its business."""

    name: str
    namespace: str
    match: Object
    exclude: Object
    context: tuple[Entry, ...]
    conditions: Clauses
    schedule: str

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing: it deletes, by schedule."""
        return ()

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing: it deletes, by schedule."""
        return ()

    def deletes(self, item: Object, world: World) -> RuleResult | None:
        """PASS for an object that would be deleted, FAIL for one whose conditions do not hold; None: not matched."""
        kind, about = GroupVersionKind.of(item), metadata(item)
        namespace = str(about.get("namespace") or "")
        if self.namespace and self.namespace != namespace:
            return None
        name = str(about.get("name") or "")
        request = AdmissionRequest("", kind, resource_of(kind), Operation.DELETE, name, namespace, object=item)
        if not filters.takes(self.match, self.exclude, request, world):
            return None
        try:
            return self._result(Outcome.PASS if self._holds(item, world) else Outcome.FAIL)
        except AssayError as error:
            return self._result(Outcome.ERROR, error.what)

    def _holds(self, item: Object, world: World) -> bool:
        scope = Scope(world, {"target": item})
        entries.enter(scope, self.context)
        return not self.conditions or clauses.holds(self.conditions, scope)

    def _result(self, outcome: Outcome, message: str = "") -> RuleResult:
        return RuleResult(self.name, "", outcome, message, Action.AUDIT)


def is_policy(item: Object) -> bool:
    """Whether `load` reads it."""
    kind = GroupVersionKind.of(item)
    return kind.group == "kyverno.io" and kind.kind in KINDS


def load(policy: Manifest) -> CleanupPolicy:
    """Raises `Malformed` with file, line and field."""
    item, place = policy.object, policy.place
    kind = GroupVersionKind.of(item)
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    if kind.version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{kind.version!r:.40} is none of {', '.join(VERSIONS)}")
    about = mapping(item, "metadata", place)
    spec, where = mapping(item, "spec", place), f"{place}: spec"
    only(spec, _SPEC, where)
    text(spec, "deletionPropagationPolicy", where, _PROPAGATIONS)
    match = _filter(spec, "match", where)
    if not match:
        wrong(f"{where}.match", "is empty")
    return CleanupPolicy(
        text(about, "name", f"{place}: metadata"),
        (text(about, "namespace", place) or "default") if kind.kind == "CleanupPolicy" else "",
        match,
        _filter(spec, "exclude", where),
        entries.load(spec, where),
        clauses.load(spec.get("conditions"), f"{where}.conditions"),
        _schedule(spec, where),
    )


def _schedule(spec: Object, place: str) -> str:
    schedule = text(spec, "schedule", place)
    try:
        cron.read(schedule)
    except Malformed as error:
        wrong(f"{place}.schedule", error.what)
    return schedule


def _filter(spec: Object, field: str, place: str) -> Object:
    """Nobody asks, so users cannot be matched, as Kyverno has it."""
    found = filter_fields.check(spec, field, place)
    blocks: list[Any] = [found, *(found.get("any") or ()), *(found.get("all") or ())]
    for name in _USERS:
        if any(block.get(name) for block in blocks):
            wrong(f"{place}.{field}.{name}", "nobody asks for a deletion by schedule")
    return found
