"""What runs is held to the policies, too: on a schedule, and when policies or advisory data changed.

The leader lists the kinds that policies are about, page by page, asks the policies as admission would for a CREATE, and
writes what they say into policy reports. It holds one page of objects at a time, and rests for twice the time that each
took, so that the webhooks have the processor first. Of a pod the digests count that it runs; any other tag is resolved
once in a scan. Nothing is noted of first sights: a scan is no admission.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assay.app import scanned_kinds
from assay.app.companion_thread import CompanionThread
from assay.app.companions import Figure
from assay.app.policy_about import Described, in_background
from assay.app.policy_reports import PolicyReports, ReportCluster
from assay.app.proofs import NotingImages
from assay.app.pull_secrets import PullSecrets
from assay.engines.policy import deciding
from assay.engines.policy.creating import created
from assay.engines.policy.native import containers
from assay.errors import AssayError
from assay.formats.digest import parse
from assay.formats.policy_report import Result
from assay.model.policy import Outcome, RuleResult, UserInfo

if TYPE_CHECKING:
    from assay.app.admission import Controller
    from assay.app.policy_about import About
    from assay.engines.policy.world import Policy
    from assay.model.digest import Digest
    from assay.model.policy import GroupVersionKind, Object
    from assay.ports import Cluster

SYSTEM = frozenset(("kube-system", "kube-public", "kube-node-lease"))
_LOOK = 1.0
_PATIENCE = 10.0
"""Seconds that a scan waits for the registries of one object."""
_SOONEST = 10.0
"""Seconds between scans, however often policies change."""
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHOWN = ("image", "digest", "found", "wanted", "mend", "phase", "exception", "breakGlass")
_REST, _LONGEST_REST = 2.0, 0.25
"""The pause after an object, as a multiple of the time it took, and at most."""


class Leader(Protocol):
    """Who may do what must be done once."""

    @property
    def is_leader(self) -> bool:
        """Whether this replica may."""
        ...


class ScannedCluster(ReportCluster, Protocol):
    """What is needed of a cluster, besides writing reports."""

    def versions(self, group: str) -> list[str]:
        """The versions of a group."""
        ...

    def kinds(self, group: str, version: str) -> list[str]:
        """The kinds of one of them."""
        ...


@dataclass(frozen=True, slots=True)
class ScanSetting:
    """How what runs is scanned; `every` are seconds."""

    cluster: ScannedCluster
    leader: Leader
    every: float = 3600
    soonest: float = _SOONEST
    excluded: frozenset[str] = SYSTEM
    """Namespaces that are left alone, as the webhooks leave them."""
    advisories: Path | None = None
    """The folder of the advisory data: when it changes, everything is looked at again."""
    violated: Callable[[Object, Sequence[RuleResult]], object] | None = None
    """Told of an object whose report changed, and of what it violates."""
    seen: Callable[[Object], object] | None = None
    """Shown each object: something may have to be generated for it."""


@dataclass(slots=True)
class Scanned:
    """What the last scan saw."""

    objects: int = 0
    seconds: float = 0.0
    results: Counter[str] = field(default_factory=Counter)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)


class BackgroundScan(CompanionThread):
    """The scan, by a thread of its own: `assay.app.companions.Companion`."""

    def __init__(self, controller: Controller, setting: ScanSetting, reports: PolicyReports) -> None:
        super().__init__("scan")
        self._controller, self._setting, self._reports = controller, setting, reports
        self._due = 0.0
        self._stamp: object = None
        self.last = Scanned()
        self.scans = 0
        self._fault = ""

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        reports = self._reports
        return (
            Figure("assay_scans_total", "Scans of what runs.", lambda: self.scans, "counter"),
            Figure("assay_scan_objects", "Objects of the last scan.", lambda: self.last.objects),
            Figure("assay_scan_seconds", "Duration of the last scan.", lambda: self.last.seconds),
            Figure("assay_scan_results", "Results of the last scan.", lambda: dict(self.last.results), label="outcome"),
            Figure("assay_reports_written_total", "Policy reports written.", lambda: reports.written, "counter"),
            Figure("assay_reports_removed_total", "Policy reports removed.", lambda: reports.removed, "counter"),
            Figure("assay_reports_failed_total", "Policy reports not written.", lambda: reports.failed, "counter"),
        )

    @property
    def complaints(self) -> Mapping[str, str]:
        """What the last scan could not see or write."""
        found = {}
        if self._fault or self.last.failed:
            found["scan"] = self._fault or "; ".join(self.last.failed.values())[:1000]
        if self._reports.complaint:
            found["policy reports"] = self._reports.complaint
        return found

    def _run(self) -> None:
        while not self._ended.wait(_LOOK):
            if self._setting.leader.is_leader and self._controller.ready and self._is_due():
                try:
                    self.scan()
                    self._fault = ""
                except AssayError as error:
                    self._fault = f"it failed: {error.what}"
                except Exception as error:  # a fault of ours must not end all scans
                    self._fault = f"it failed by a fault of assay: {type(error).__name__}: {error!s:.200}"

    def _is_due(self) -> bool:
        """Whether it is time, or something changed; from then on the next one is due later."""
        now, stamp = time.monotonic(), self._seen()
        changed = stamp != self._stamp and now >= self._due - self._setting.every + self._setting.soonest
        if now < self._due and not changed:
            return False
        self._due, self._stamp = now + self._setting.every, stamp
        return True

    def _seen(self) -> object:
        folder = self._setting.advisories
        stamp = folder.stat().st_mtime_ns if folder is not None and folder.is_dir() else 0
        return self._controller.loads, stamp

    def scan(self) -> Scanned:
        """Look at everything once, and write the reports; raises `ExternalError` where the cluster is away."""
        start, found = time.monotonic(), Scanned()
        manifests = self._controller.manifests
        asked = _Asked(self._controller, Described(manifests))
        self._reports.begin()
        speaking = filter(scanned_kinds.speaks_of_what_runs, manifests)
        for kind in scanned_kinds.of(speaking, self._setting.cluster):
            try:
                self._of_kind(kind, asked, found)
            except AssayError as error:
                found.failed[(kind.group, kind.kind)] = f"{kind.kind}: {error.what}"
            if self._is_over():
                return found
        self._reports.end(found.failed)
        found.seconds = time.monotonic() - start
        self.last, self.scans = found, self.scans + 1
        return found

    def _is_over(self) -> bool:
        """Whether to stop here: at the end, or where another replica leads."""
        return self._ended.is_set() or not self._setting.leader.is_leader

    def _of_kind(self, kind: GroupVersionKind, asked: _Asked, found: Scanned) -> None:
        for item in self._setting.cluster.pages(kind):
            if self._is_over():
                return
            if _is_skipped(item, self._setting.excluded):
                continue
            began = time.monotonic()
            results = asked.results(item)
            found.objects += 1
            found.results.update(str(result.outcome) for _, result in results)
            if self._reports.put(item, [asked.reported(*one) for one in results]):
                self._tell(item, [result for _, result in results])
            if self._setting.seen is not None:
                self._setting.seen(item)
            self._ended.wait(min((time.monotonic() - began) * _REST, _LONGEST_REST))

    def _tell(self, item: Object, results: Sequence[RuleResult]) -> None:
        bad = [result for result in results if result.outcome in (Outcome.FAIL, Outcome.ERROR)]
        if bad and self._setting.violated is not None:
            self._setting.violated(item, bad)


class _Asked:
    """The policies of one scan, and what was resolved for it."""

    def __init__(self, controller: Controller, described: Described) -> None:
        self._controller = controller
        self._policies = tuple(_background(controller.policies, described))
        self._digests: dict[str, Digest] = {}

    def results(self, item: Object) -> list[tuple[About, RuleResult]]:
        """What the policies say of an object, each with what is said of it."""
        namespace = str(_metadata(item).get("namespace") or "")
        uid = str(_metadata(item).get("uid") or "")
        request = replace(created(item, namespace), uid=uid, user=UserInfo(), dry_run=True)
        controller = self._controller
        cluster: Cluster | None = controller.cluster
        secrets = PullSecrets(cluster, request) if cluster is not None else None
        until = time.monotonic() + _PATIENCE
        digests = running_digests(item) or self._digests
        images = NotingImages(controller.registries, until, secrets, controller.proofs, digests)
        world = controller.world(images)
        found: list[tuple[About, RuleResult]] = []
        for policy, about in self._policies:
            found += ((about, result) for result in deciding.validate((policy,), request, world).results)
        return found

    @staticmethod
    def reported(about: About, result: RuleResult) -> Result:
        """A result as reports have it."""
        properties = [("action", str(result.action))]
        properties += [(key, str(result.details[key])) for key in _SHOWN if result.details.get(key)]
        return Result(
            result.policy,
            result.rule,
            result.outcome,
            result.message,
            about.severity,
            about.category,
            about.scored,
            tuple(properties),
        )


def running_digests(item: Object) -> dict[str, Digest]:
    """The digests that the containers of a pod run (``status``), by image as its ``spec`` names it.

    A tag may have moved since the pod came; what is asked about is what runs.
    """
    if item.get("kind") != "Pod":
        return {}
    named: dict[str, str] = {used.container: used.text for used in containers.images(item)}
    found: dict[str, Digest] = {}
    status = _mapping(item.get("status"))
    for key in _STATUSES:
        for one in status.get(key) or ():
            text, digest = named.get(str(one.get("name"))), str(one.get("imageID", "")).rpartition("@")[2]
            if text is not None and _DIGEST.fullmatch(digest):
                found[text] = parse(digest)
    return found


def _background(policies: Collection[Policy], described: Described) -> Iterator[tuple[Policy, About]]:
    for policy in policies:
        about = described.of(policy)
        asked = in_background(policy, about)
        if asked is not None:
            yield asked, about


def _is_skipped(item: Object, excluded: Collection[str]) -> bool:
    """Namespaces left alone, what goes already, and ReplicaSets of Deployments, of which each rollout leaves one."""
    metadata = _metadata(item)
    owned = any(isinstance(one, dict) and one.get("controller") for one in metadata.get("ownerReferences") or ())
    return bool(
        metadata.get("namespace") in excluded
        or metadata.get("deletionTimestamp")
        or not metadata.get("uid")
        or (owned and item.get("kind") == "ReplicaSet")
    )


def _metadata(item: Object) -> Mapping[str, Any]:
    return _mapping(item.get("metadata"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
