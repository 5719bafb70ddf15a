"""Policy reports in the cluster: one for each object that policies speak of, written where it changed, removed with it.

Whatever of the two report APIs the cluster serves is written, or the one that is asked for. Their definitions belong to
other projects: where none is installed no report is written, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol

from assay.errors import AssayError, UsageError
from assay.formats import policy_report
from assay.formats.policy_report import MANAGED, OPEN_REPORTS, WORKING_GROUP, Api, Result
from assay.model.policy import GroupVersionKind, Object

CHOICES = ("auto", "wgpolicyk8s", "openreports", "none")
_APIS = {"auto": (WORKING_GROUP, OPEN_REPORTS), "wgpolicyk8s": (WORKING_GROUP,), "openreports": (OPEN_REPORTS,)}
_SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED.items())


class ReportCluster(Protocol):
    """What is needed of a cluster."""

    def place(self, kind: GroupVersionKind, namespace: str = "") -> str | None:
        """Where a kind is served; None where it is not."""
        ...

    def pages(self, kind: GroupVersionKind, namespace: str = "", labels: str = "") -> Iterator[Object]:
        """The objects of a kind, some hundreds at a time."""
        ...

    def apply(self, item: Object, manager: str = "assay", force: bool = True) -> Object:
        """Make an object, or set its fields."""
        ...

    def delete(self, kind: GroupVersionKind, namespace: str, name: str) -> bool:
        """Take it away."""
        ...


class _Written(NamedTuple):
    """A report that is there: what it says, and of what."""

    namespace: str
    fingerprint: str
    of_kind: tuple[str, str]


class PolicyReports:
    """The reports of one scan: `begin`, `put` for each object, `end`."""

    def __init__(self, cluster: ReportCluster, choice: str, now: Callable[[], datetime]) -> None:
        """Raises `UsageError` for a choice that is none."""
        if choice not in CHOICES:
            raise UsageError(f"--reports {choice}: there is no such API", f"there are {', '.join(CHOICES)}")
        self._cluster, self._now = cluster, now
        self._wanted = _APIS.get(choice, ())
        self._there: dict[Api, dict[str, _Written]] = {}
        self._seen: set[str] = set()
        self.written = self.removed = self.failed = 0
        self.complaint = ""

    def begin(self) -> None:
        """Learn which reports there are; raises `ExternalError` where the cluster cannot be asked."""
        self.complaint, self._seen, self._there = "", set(), {}
        for api in self._wanted:
            if self._cluster.place(api.namespaced) is not None:
                self._there[api] = dict(self._listed(api))
        if self._wanted and not self._there:
            names = " and ".join(f"{api.namespaced.kind} ({api.namespaced.api_version})" for api in self._wanted)
            self.complaint = f"none are written: the cluster has no definition of {names}"

    def _listed(self, api: Api) -> Iterator[tuple[str, _Written]]:
        for kind in (api.namespaced, api.cluster):
            for report in self._cluster.pages(kind, labels=_SELECTOR):
                metadata, scope = _mapping(report.get("metadata")), _mapping(report.get("scope"))
                name = str(metadata.get("name", ""))
                of = (str(scope.get("apiVersion", "")).rpartition("/")[0], str(scope.get("kind", "")))
                if name.startswith(f"{policy_report.SOURCE}-"):
                    yield (
                        name,
                        _Written(str(metadata.get("namespace") or ""), policy_report.fingerprint(report), of),
                    )

    def put(self, item: Object, results: Sequence[Result]) -> bool:
        """Write what is said of an object, where that changed; whether it did."""
        name = policy_report.name_of(str(_mapping(item.get("metadata")).get("uid", "")))
        if not results:
            return False
        self._seen.add(name)
        changed = False
        for api, there in self._there.items():
            report = policy_report.write(api, item, results, self._now())
            known = there.get(name)
            if known is None or known.fingerprint != policy_report.fingerprint(report):
                changed |= self._try(partial(self._cluster.apply, report))
        self.written += changed
        return changed

    def end(self, failed: Collection[tuple[str, str]] = ()) -> None:
        """Remove the reports of objects that are gone, and of those that no policy speaks of any more.

        `failed` are groups and kinds that could not be looked at: their reports stay.
        """
        for api, there in self._there.items():
            for name, known in there.items():
                if name not in self._seen and known.of_kind not in failed:
                    kind = api.kind(known.namespace)
                    self.removed += self._try(partial(self._cluster.delete, kind, known.namespace, name))

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except AssayError as error:
            self.failed += 1
            self.complaint = f"some could not be written: {error.what}"
            return False
        return True


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
