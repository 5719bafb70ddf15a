"""Events in the cluster: who was denied and why, what violates a policy, where one is broken, when glass was broken.

Each is told on the object and on the policy. A thread writes them, at most `RATE` a second: the same event within
`QUIET` seconds is counted and written once more, what is too much is dropped and counted. No answer waits for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from assay.adapters.batches import Batches
from assay.adapters.kubernetes.client import Conflict, Denied
from assay.app import decision_entries
from assay.app.companions import Decided, Figure
from assay.app.policy_about import Described
from assay.engines.policy import deciding
from assay.formats import cluster_event
from assay.formats.cluster_event import EVENT, Reason, Told
from assay.model.policy import Action, GroupVersionKind, Outcome

if TYPE_CHECKING:
    from assay.app.admission import Controller
    from assay.model.policy import Object, RuleResult

RATE = 20.0
BURST = 100.0
SCAN_RATE, SCAN_BURST = 2.0, 20.0
"""Objects of a scan that events are written for: the reports tell all of it, and refusals come first."""
QUIET = 30.0
MAX_KNOWN = 5_000
MAX_WAITING = 2_000
MAX_OF_DECISION = 20


class EventCluster(Protocol):
    """What is needed of a cluster."""

    def create(self, item: Object, dry_run: bool = False) -> Object:
        """Make an object; raises `Conflict` where it is there."""
        ...

    def patch(
        self, kind: GroupVersionKind, namespace: str, name: str, changes: Object, subresource: str = ""
    ) -> Object:
        """Change fields."""
        ...

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...


@dataclass(slots=True)
class _Known:
    """An event that was written: how often it came, and when it is written again at the soonest."""

    count: int
    first: datetime
    quiet_until: float
    told: Told
    written: int


class ClusterEvents:
    """Writes events: `assay.app.companions.Companion`."""

    def __init__(
        self,
        controller: Controller,
        cluster: EventCluster,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        quiet: float = QUIET,
    ) -> None:
        self._controller, self._cluster, self._clock, self._now = controller, cluster, clock, now
        self._quiet = quiet
        self._batches: Batches[list[Told]] = Batches("events", self._write, MAX_WAITING, idle=self._repeat)
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._described: tuple[int, Described] = (-1, Described())
        self._all = _Bucket(RATE, BURST, clock)
        self._scanned = _Bucket(SCAN_RATE, SCAN_BURST, clock)
        self.written = self.limited = 0
        self._refused = ""

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        return (
            Figure("assay_events_written_total", "Events written.", lambda: self.written, "counter"),
            Figure("assay_events_dropped_total", "Events not written.", self._dropped, "counter"),
            Figure("assay_events_waiting", "Decisions whose events wait.", lambda: self._batches.waiting),
        )

    def _dropped(self) -> float:
        return self._batches.dropped + self.limited

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why events are not written."""
        problem = self._batches.problem or self._refused
        return {"events": f"they are not written: {problem}"} if problem else {}

    def start(self) -> None:
        """Begin."""
        self._batches.start()

    def close(self) -> None:
        """Write what waits."""
        self._batches.close()

    def decided(self, told: Decided) -> None:
        """Tell of a decision, where there is something to tell."""
        bad = [item for item in told.decision.results if _is_worth(item)]
        if bad:
            self._batches.put(list(self._of_decision(told, bad))[:MAX_OF_DECISION])

    def violated(self, item: Object, results: Sequence[RuleResult]) -> None:
        """Tell of an object that runs already and violates policies."""
        if not self._scanned.may():
            self.limited += len(results)
            return
        regarding = _reference(item, {})
        events = [Told(_reason(one), regarding, f"{one.policy} {one.rule}", deciding.line(one)) for one in results]
        self._batches.put(events[:MAX_OF_DECISION])

    def _of_decision(self, told: Decided, bad: Sequence[RuleResult]) -> Iterator[Told]:
        request = told.request
        item = request.object or request.old_object or {}
        names = {"name": decision_entries.name(request), "namespace": request.namespace}
        regarding = _reference({"apiVersion": request.kind.api_version, "kind": request.kind.kind, **item}, names)
        place = "/".join(filter(None, (request.namespace, request.kind.kind, names["name"])))
        for one in bad:
            denied = not told.decision.allowed and one.action is Action.DENY and not one.details.get("breakGlass")
            reason = Reason.DENIED if denied else _reason(one)
            text = deciding.line(one)
            yield Told(reason, regarding, f"{one.policy} {one.rule}", text)
            if about := self._policy(one.policy):
                done = "denied" if denied else "allowed"
                said = f"{place} by {request.user.username}: {done}: {text}"
                yield Told(_reason(one), about, f"{place} {one.rule}", said)

    def _policy(self, name: str) -> tuple[tuple[str, str], ...]:
        """The reference to a policy's object; empty where it came out of no object."""
        if self._described[0] != self._controller.loads:
            self._described = (self._controller.loads, Described(self._controller.manifests))
        return self._described[1].named(name).reference

    def _write(self, batch: list[list[Told]]) -> None:
        for told in (one for events in batch for one in events):
            self._one(told)
        self._repeat()

    def _one(self, told: Told) -> None:
        key, clock = (told.namespace, told.name), self._clock()
        known = self._known.get(key)
        if known is not None:
            known.count, known.told = known.count + 1, told
            self._known.move_to_end(key)
            return
        if not self._all.may():
            self.limited += 1
            return
        self._known[key] = _Known(1, self._now(), clock + self._quiet, told, 1)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        try:
            self._cluster.create(cluster_event.write(told, 1, self._now(), self._now()))
        except Conflict:
            self._counted_elsewhere(key)
        except Denied as error:
            self.limited += 1
            self._refused = error.what
            return
        self.written += 1
        self._refused = ""

    def _counted_elsewhere(self, key: tuple[str, str]) -> None:
        """Another replica, or this one before it was started again, wrote the event already."""
        there: Any = (self._cluster.get(EVENT, *key) or {}).get("count")
        known = self._known[key]
        known.count += there if isinstance(there, int) else 1
        self._again(key, known)

    def _repeat(self) -> None:
        """Write the counts of those that came again."""
        for key, known in list(self._known.items()):
            if known.count > known.written and self._clock() >= known.quiet_until and self._all.may():
                try:
                    self._again(key, known)
                    self.written += 1
                except Denied:  # events go after an hour: the next of it is a new one
                    self._known.pop(key, None)

    def _again(self, key: tuple[str, str], known: _Known) -> None:
        known.written, known.quiet_until = known.count, self._clock() + self._quiet
        last = cluster_event.stamp(self._now())
        message = cluster_event.shortened(known.told.message)
        self._cluster.patch(EVENT, *key, {"count": known.count, "lastTimestamp": last, "message": message})


class _Bucket:
    """So many a second, and so many at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._refilled = burst, clock()

    def may(self) -> bool:
        """Whether one more may be now."""
        clock = self._clock()
        self._tokens = min(self._tokens + (clock - self._refilled) * self._rate, self._burst)
        self._refilled = clock
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _is_worth(item: RuleResult) -> bool:
    return item.outcome in (Outcome.FAIL, Outcome.ERROR) or bool(item.details.get("breakGlass"))


def _reason(item: RuleResult) -> Reason:
    if item.details.get("breakGlass"):
        return Reason.GLASS
    return Reason.ERROR if item.outcome is Outcome.ERROR else Reason.VIOLATION


def _reference(item: Object, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    metadata: Any = item.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    found = {
        "apiVersion": item.get("apiVersion"),
        "kind": item.get("kind"),
        "name": names.get("name") or about.get("name"),
        "namespace": names.get("namespace") or about.get("namespace"),
        "uid": about.get("uid"),
    }
    return tuple((key, str(value)) for key, value in found.items() if value)
