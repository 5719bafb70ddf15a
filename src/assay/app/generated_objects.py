"""What Kyverno's policies make, change and delete beside the request, where they are enforced: after the decision.

As Kyverno's background controller does it: what generate rules and GeneratingPolicies make is created for each request
that was let in, and kept as it should be with ``synchronize``; the targets of mutate-existing rules and of
MutatingPolicies are changed; what DeletingPolicies take is deleted by their schedule, by the replica that leads. The
replica that answered a request writes what follows from it. Every write is a line of the decision log, and none is made
for a dry run.

What was generated has Kyverno's labels (``generate.kyverno.io/policy-name`` and so on) and, with ``synchronize``, the
trigger as its owner where Kubernetes allows it, so that it goes with it. What somebody else made is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from assay.adapters.batches import Batches
from assay.adapters.kubernetes.client import Conflict
from assay.app import scanned_kinds, standing_beside
from assay.app.background_scan import SYSTEM, Leader
from assay.app.companions import Decided, Figure
from assay.app.generating_policies import (
    Switches,
    changed,
    changing_on_update,
    generated,
    is_ours,
    is_within,
    label,
    labelled,
    switches,
)
from assay.app.proofs import NotingImages
from assay.app.standing_beside import Reporting
from assay.engines.policy.creating import created
from assay.engines.policy.kyverno.cleanup import CleanupPolicy
from assay.engines.policy.kyverno_cel.generating import DeletingPolicy
from assay.errors import AssayError
from assay.formats import cron
from assay.model.policy import GroupVersionKind, Operation, Outcome

if TYPE_CHECKING:
    from assay.app.admission import Controller
    from assay.engines.policy.world import Policy, World
    from assay.formats.manifest import Manifest
    from assay.model.policy import AdmissionRequest, Object, RuleResult

MAX_OBJECTS = 500
"""Made or changed for one request."""
MAX_WAITING = 2_000
MAX_TRIES = 6
_PATIENCE = 10.0
_FIRST_PAUSE = 0.5
_MAX_CHANGED = 200_000


class WritableCluster(Protocol):
    """What is needed of a cluster."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...

    def create(self, item: Object, dry_run: bool = False) -> Object:
        """Make an object; raises `Conflict` where it is there."""
        ...

    def replace(self, item: Object) -> Object:
        """Put an object in the place of another; raises `Conflict` where that was changed meanwhile."""
        ...

    def apply(self, item: Object, manager: str = "assay", force: bool = True) -> Object:
        """Make an object, or set its fields."""
        ...

    def delete(self, kind: GroupVersionKind, namespace: str, name: str) -> bool:
        """Take it away."""
        ...

    def pages(self, kind: GroupVersionKind, namespace: str = "", labels: str = "") -> Iterator[Object]:
        """The objects of a kind."""
        ...

    def versions(self, group: str) -> list[str]:
        """The versions of a group."""
        ...

    def kinds(self, group: str, version: str) -> list[str]:
        """The kinds of one of them."""
        ...


class _Job(NamedTuple):
    """A request whose consequences are to be written, at `due` by the monotonic clock."""

    request: AdmissionRequest
    tries: int = 0
    due: float = 0.0


class GeneratedObjects:
    """Writes them: `assay.app.companions.Companion`."""

    def __init__(
        self,
        controller: Controller,
        cluster: WritableCluster,
        leader: Leader,
        log: Callable[[Object], object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._controller, self._cluster, self._leader = controller, cluster, leader
        self._log, self._now = log, now
        self._batches: Batches[_Job] = Batches("generated", self._write, MAX_WAITING, size=50, idle=self._idle)
        self._later: list[_Job] = []
        self._cleaned = now()
        self._switches: tuple[int, dict[tuple[str, str], Switches]] = (-1, {})
        self._changing: frozenset[str] = frozenset()
        self._changed: set[tuple[str, str]] = set()
        self.written = self.failed = 0
        self._problem = ""

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        return (
            Figure("assay_generated_written_total", "Objects that policies wrote.", lambda: self.written, "counter"),
            Figure("assay_generated_failed_total", "Objects that could not be.", lambda: self.failed, "counter"),
            Figure("assay_generated_waiting", "Requests whose objects wait.", self._waiting),
        )

    def _waiting(self) -> float:
        return self._batches.waiting + len(self._later)

    @property
    def complaints(self) -> Mapping[str, str]:
        """What could not be written last."""
        problem = self._batches.problem or self._problem
        return {"generated objects": problem} if problem else {}

    def start(self) -> None:
        """Begin."""
        self._batches.start()

    def close(self) -> None:
        """End after what is being written."""
        self._batches.close()

    def decided(self, told: Decided) -> None:
        """Write what follows from a request that was let in, unless it is a write of ours."""
        request = told.request
        made = told.decision.allowed and request.operation in (Operation.CREATE, Operation.UPDATE)
        if made and request.object is not None and not request.sub_resource and not is_ours(request.object):
            self._batches.put(_Job(request))

    def _policies(self) -> Iterator[Policy]:
        """Those of Kyverno that are enforced."""
        for policy in self._controller.policies:
            if not isinstance(policy, Reporting) and standing_beside.engine_of(policy) == "kyverno":
                yield policy

    def _write(self, batch: list[_Job]) -> None:
        for job in batch:
            self._one(job)
        self._idle()

    def _idle(self) -> None:
        due = [job for job in self._later if job.due <= time.monotonic()]
        self._later = [job for job in self._later if job not in due]
        for job in due:
            self._one(job)
        self.clean()

    def _one(self, job: _Job) -> None:
        try:
            self._follow(job.request)
            self._problem = ""
        except AssayError as error:
            if job.tries + 1 < MAX_TRIES and len(self._later) < MAX_WAITING:
                pause = _FIRST_PAUSE * 2**job.tries
                self._later.append(_Job(job.request, job.tries + 1, time.monotonic() + pause))
            else:
                self.failed += 1
                self._problem = f"they could not be written: {error.what}"

    def _follow(self, request: AdmissionRequest) -> None:
        world, left = self._world(), MAX_OBJECTS
        for policy in self._policies():
            for result in generated(policy, request, world):
                for item in result.generated[:left]:
                    left -= 1
                    self._make(item, request, result, missing=True)
            self._change(policy, request, world)

    def _change(self, policy: Policy, request: AdmissionRequest, world: World) -> None:
        for result in changed(policy, request, world)[:MAX_OBJECTS]:
            target = result.patched or result.details.get("target")
            if result.outcome is Outcome.PASS and isinstance(target, dict):
                self._done("MUTATE", self._cluster.replace(target), result, request)

    def _world(self) -> World:
        until = time.monotonic() + _PATIENCE
        controller = self._controller
        return controller.world(NotingImages(controller.registries, until, None, controller.proofs))

    def _make(self, item: Object, request: AdmissionRequest, result: RuleResult, *, missing: bool) -> None:
        """Create an object; one that is there is put right where it was generated by the policy, and is to be kept."""
        keep = self._switches_of(result).synchronize
        item = labelled(item, request, result, owned=keep)
        kind, metadata = GroupVersionKind.of(item), item["metadata"]
        namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
        there = self._cluster.get(kind, namespace, name)
        if there is None:
            try:
                if missing:
                    self._done("GENERATE", self._cluster.create(item), result, request)
            except Conflict:
                return  # another replica was quicker
        elif keep and label(there, "policy-name") == label(item, "policy-name") and not is_within(item, there):
            self._done("GENERATE", self._cluster.apply(item), result, request)

    def _learn(self) -> None:
        """Read the policies' switches again where they were loaded again."""
        if self._switches[0] != self._controller.loads:
            manifests = self._controller.manifests
            self._switches = (self._controller.loads, dict(switches(manifests)))
            self._changing, self._changed = changing_on_update(manifests), set()

    def _switches_of(self, result: RuleResult) -> Switches:
        self._learn()
        known = self._switches[1]
        return known.get((result.policy, result.rule)) or known.get((result.policy, "")) or Switches()

    def seen(self, item: Object) -> None:
        """Make what is to be made for an object that runs already, and put right what was made for it."""
        metadata: Any = item.get("metadata") or {}
        request = created(item, str(metadata.get("namespace") or ""))
        if is_ours(item):
            return
        try:
            for policy in self._policies():
                for result in generated(policy, request, self._world()):
                    for wanted in result.generated[:MAX_OBJECTS]:
                        self._make(wanted, request, result, missing=self._switches_of(result).existing)
                self._change_on_update(policy, request, str(metadata.get("uid")))
        except AssayError as error:
            self.failed += 1
            self._problem = f"they could not be written: {error.what}"

    def _change_on_update(self, policy: Policy, request: AdmissionRequest, uid: str) -> None:
        """Change the targets once for each trigger since the policy was loaded, where it says so."""
        self._learn()
        key = (policy.name, uid)
        if policy.name in self._changing and key not in self._changed and len(self._changed) < _MAX_CHANGED:
            self._change(policy, request, self._world())
            self._changed.add(key)

    def clean(self) -> None:
        """Delete what policies want deleted now; the leader does."""
        now = self._now()
        if now - self._cleaned < timedelta(seconds=10) or not self._leader.is_leader:
            return
        since, self._cleaned = self._cleaned, now
        for policy in self._policies():
            if isinstance(policy, DeletingPolicy | CleanupPolicy):
                try:
                    if cron.read(policy.schedule).is_due(since, now):
                        self._delete(policy)
                except AssayError as error:
                    self.failed += 1
                    self._problem = f"{policy.name} could not delete: {error.what}"

    def _delete(self, policy: DeletingPolicy | CleanupPolicy) -> None:
        own = [item for item in self._controller.manifests if _names(item, policy)]
        world = self._world()
        for kind in scanned_kinds.of(own, self._cluster):
            for item in self._cluster.pages(kind, _namespace(policy)):
                metadata: Any = item.get("metadata") or {}
                namespace = str(metadata.get("namespace") or "")
                if namespace in SYSTEM or metadata.get("deletionTimestamp"):
                    continue
                result = policy.deletes(item, world)
                if result is not None and result.outcome is Outcome.PASS:
                    self._cluster.delete(kind, namespace, str(metadata.get("name")))
                    self._done("DELETE", item, result, None)

    def _done(self, what: str, item: Object, result: RuleResult, request: AdmissionRequest | None) -> None:
        self.written += 1
        if self._log is None:
            return
        metadata: Any = item.get("metadata") or {}
        entry: Object = {
            "time": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "operation": what,
            "apiVersion": item.get("apiVersion"),
            "kind": item.get("kind"),
            "namespace": metadata.get("namespace", ""),
            "name": metadata.get("name", ""),
            "user": "assay",
            "action": "write",
            "results": [{"policy": result.policy, "rule": result.rule, "outcome": "pass", "message": result.message}],
        }
        if request is not None:
            entry["trigger"] = {"uid": request.uid, "kind": request.kind.kind, "name": request.name}
        self._log(entry)


def _namespace(policy: DeletingPolicy | CleanupPolicy) -> str:
    return policy.namespace if isinstance(policy, CleanupPolicy) else policy.scope.namespace


def _names(item: Manifest, policy: DeletingPolicy | CleanupPolicy) -> bool:
    """Whether a policy was loaded from an object."""
    metadata: Any = item.object.get("metadata") or {}
    ending = "CleanupPolicy" if isinstance(policy, CleanupPolicy) else "DeletingPolicy"
    return str(item.object.get("kind", "")).endswith(ending) and metadata.get("name") == policy.name
