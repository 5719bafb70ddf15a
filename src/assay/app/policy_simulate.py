"""`assay policy simulate`: admissions of the past and what runs now, held to policies, counted by workload.

One admission at a time is in memory; what is kept are counts by workload and rule, for at most `MAX_WORKLOADS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.adapters import recorded_admissions
from assay.adapters.access import Access
from assay.app import open_gates, own_policies, policies, recorded_requests, running_objects
from assay.app.image_evidence import NamedRoots, Reach
from assay.app.recent_cluster import RecentCluster
from assay.app.replayed_images import ReplayedImages
from assay.app.simulated_counts import Tally
from assay.engines.policy import deciding
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.native import workloads
from assay.engines.policy.world import World
from assay.errors import AssayError, InputError
from assay.formats.json import as_list, as_object, as_text
from assay.model.simulation import Simulation
from assay.model.workload import Workload

if TYPE_CHECKING:
    from assay.app.image_facts import Facts
    from assay.app.running_objects import ListedCluster
    from assay.engines.policy.rego.source import Compiler
    from assay.engines.policy.world import Rollouts
    from assay.model.policy import AdmissionRequest, Object
    from assay.model.trusted_root import TrustedRoot
    from assay.ports import Cluster

MAX_SEEN = 200_000
_OF_CRON_JOB = re.compile(r"(.+)-[0-9]{8,10}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SimulateRequest:
    """What is asked; `decisions` is the controller's record, `at` sets the clock, `listed` is the cluster that runs."""

    policies: Sequence[Path]
    root: Callable[[], TrustedRoot]
    reviews: Sequence[Path] = ()
    audit_logs: Sequence[Path] = ()
    decisions: Path | None = None
    resources: Sequence[Path] = ()
    cluster: Cluster | None = None
    listed: ListedCluster | None = None
    namespace: str = ""
    at: datetime | None = None
    existing: bool = False
    access: Access = field(default_factory=Access)
    facts: Facts | None = None
    rego: Compiler | None = None
    rollouts: Rollouts | None = None


class Asked(NamedTuple):
    """An admission: when, what was answered then (empty: nobody knows), and the request; `cut` without its object."""

    time: str
    before: str
    request: AdmissionRequest
    cut: bool = False


class Simulating:
    """Loaded policies; `problems` are those that could not be loaded."""

    def __init__(self, asked: SimulateRequest, told: Callable[[str], object]) -> None:
        """Raises `InputError` where there are no policies; `told` hears of what cannot be read."""
        self._asked, self._told = asked, told
        self._manifests, wrongs = own_policies.manifests(asked.policies)
        loaded = policies.of_manifests(self._manifests, wrongs, rego=asked.rego)
        self.problems, self._policies = loaded.problems, loaded.policies
        if not self._policies and not self.problems:
            raise InputError("there are no policies in " + ", ".join(map(str, asked.policies)), "name a file with some")
        moment = asked.at or datetime.now(UTC)
        self._now: Callable[[], datetime] = lambda: moment
        self._cluster = self._looked_into()
        reach = Reach(NamedRoots(asked.root, loaded.roots), asked.access, now=self._now)
        self._images = ReplayedImages(reach, self._cluster if asked.cluster is not None else None)
        self._seen = _FirstTimes(asked.existing)
        self._unreadable = 0
        self.waits = asked.rollouts is None and open_gates.are_needed(self._policies)
        """Whether there are gates of which nobody knows whether they hold."""

    def _looked_into(self) -> Cluster | None:
        asked = self._asked
        if asked.cluster is not None:
            return RecentCluster(asked.cluster, 600)
        return GivenCluster(item.object for item in own_policies.manifests(asked.resources)[0])

    def run(self, advance: Callable[[int], object] = lambda count: None) -> Simulation:
        """Ask everything; `advance` is told of each that is done."""
        tally = Tally()
        for item in self._admissions():
            self._ask(item, tally)
            advance(1)
        if self._unreadable and not (tally.asked or tally.cut or self._asked.listed is not None):
            what = f"none of {self._unreadable} entries is an admission"
            raise InputError(what, "name AdmissionReviews with --reviews, an audit log with --audit-log")
        return tally.simulation(self._now(), len(self._policies), self._sources(), self._unreadable)

    def _ask(self, item: Asked, tally: Tally) -> None:
        if item.cut:
            tally.cut += 1
            return
        workload = _workload(item.request, self._cluster)
        self._seen.came(workload, item.time)
        owner = _owner(item.request, workload)
        decision = deciding.whole(self._policies, item.request, self._world(item.request))
        tally.add(owner, item.time, item.before, decision)

    def _world(self, request: AdmissionRequest) -> World:
        images, facts = self._images.of(request), self._asked.facts
        return World(
            cluster=self._cluster,
            images=images,
            now=self._now,
            facts=facts.of(images) if facts is not None else None,
            sightings=self._seen,
            rollouts=self._asked.rollouts,
        )

    def _admissions(self) -> Iterator[Asked]:
        asked = self._asked
        recorded = [
            recorded_requests.reviews(asked.reviews, self._damaged),
            recorded_requests.audited(asked.audit_logs, self._damaged),
        ]
        if asked.decisions is not None:
            recorded.append(recorded_admissions.read(asked.decisions, self._damaged))
        for source in recorded:
            for item in source:
                before = "allow" if item.action == "warn" else item.action
                yield Asked(item.time, before, item.request, item.cut)
        if asked.listed is not None:
            for one in running_objects.running(asked.listed, self._manifests, asked.namespace):
                yield Asked(one.since, "allow", one.request)

    def _damaged(self, what: str) -> None:
        self._unreadable += 1
        self._told(what)

    def _sources(self) -> tuple[str, ...]:
        asked = self._asked
        found = [*map(str, asked.reviews), *map(str, asked.audit_logs)]
        found += ["the controller's record"] if asked.decisions is not None else []
        return (*found, *(["what runs"] if asked.listed is not None else []))

    def close(self) -> None:
        """End the connections."""
        self._images.close()


def _workload(request: AdmissionRequest, cluster: Cluster | None) -> Workload:
    """The workload as policies see it."""
    try:
        return workloads.workload(request, cluster)
    except AssayError:
        return Workload(request.namespace, request.kind.kind, request.name)


def _owner(request: AdmissionRequest, found: Workload) -> Workload:
    """Whom to tell: as `found`, but controllers that are gone or are not Kubernetes' own are believed here.

    Jobs of a CronJob are named by the minute of their run, so that each would be an owner of its own.
    """
    if found.kind == "Pod":
        said = workloads.workload(request, None)
        controller = _controller(request.object or {})
        if said.kind != "Pod" or controller is None:
            found = said
        else:
            found = Workload(found.namespace, *controller)
    if found.kind == "Job" and (match := _OF_CRON_JOB.fullmatch(found.name)):
        return Workload(found.namespace, "CronJob", match[1])
    return found


def _controller(item: Object) -> tuple[str, str] | None:
    references = map(as_object, as_list(as_object(item.get("metadata")).get("ownerReferences")))
    return next(
        ((as_text(one.get("kind")), as_text(one.get("name"))) for one in references if one.get("controller") is True),
        None,
    )


class _FirstTimes:
    """`assay.engines.policy.world.Sightings` out of what is replayed: a workload is there since it first came.

    With `existing` all of them were always there. Beyond `MAX_SEEN` workloads are taken for new ones.
    """

    def __init__(self, existing: bool) -> None:
        self._existing = existing
        self._first: dict[Workload, datetime] = {}

    def came(self, workload: Workload, time: str) -> None:
        """It was there at that time."""
        moment = _moment(time)
        if moment is None or (workload not in self._first and len(self._first) >= MAX_SEEN):
            return
        self._first[workload] = min(moment, self._first.get(workload, moment))

    def first(self, workload: Workload) -> datetime | None:
        """See the port."""
        return _LONG_AGO if self._existing else self._first.get(workload)

    def note(self, workload: Workload, moment: datetime) -> datetime:
        """Nothing is kept: a workload without a time is a new one."""
        return self.first(workload) or moment


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
