"""Policies out of a cluster: labelled ConfigMaps, assay's own kinds, and those of other engines; watched.

    apiVersion: v1
    kind: ConfigMap
    metadata: {name: release, namespace: assay-system, labels: {assay.dev/policies: "true"}}
    data: {release.yaml: "apiVersion: assay.dev/v1alpha1 ..."}

A watch that breaks is taken up again, and what was seen stays in force meanwhile. Which kinds there are is asked every
few seconds: a definition that comes later is found then, and the policies of one that went are taken out after a while.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from threading import Event, Lock, Thread
from typing import Protocol

from assay.app import policy_kinds
from assay.errors import AssayError, Malformed
from assay.formats import manifest
from assay.formats.json import as_object, as_text
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

LABEL = "assay.dev/policies"
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
_LOOK = 5.0
_GONE = 60.0
"""Seconds that a kind must be missing before its policies are: an API server that starts serves them a bit later."""
_FORBIDDEN = "answered 403"
_NOISE = ("managedFields", "resourceVersion", "generation")


class Watched(policy_kinds.Discovery, Protocol):
    """What is needed of a cluster."""

    def watch(
        self, kind: GroupVersionKind, stop: Event, namespace: str = "", labels: str = ""
    ) -> Iterator[tuple[str, Object]]:
        """What there is, and what changes (`assay.adapters.kubernetes.client.Cluster.watch`)."""
        ...

    def refresh(self, groups: Iterable[str]) -> None:
        """Ask anew which versions there are of groups."""
        ...


class Followed:
    """The objects of one kind, as they are now."""

    def __init__(self, kind: GroupVersionKind, namespace: str = "", labels: str = "") -> None:
        self.kind, self._namespace, self._labels = kind, namespace, labels
        self._objects: dict[tuple[str, str], Object] = {}
        self._listed: dict[tuple[str, str], Object] | None = None
        self._lock = Lock()
        self.stop = Event()
        self.changes = 0
        self.synced = False
        self.complaint = ""
        self.missing_since: float | None = None

    def follow(self, cluster: Watched) -> None:
        """Watch until `stop`."""
        for event, item in cluster.watch(self.kind, self.stop, self._namespace, self._labels):
            self.take(event, item)

    def take(self, event: str, item: Object) -> None:
        """Hear an event. A list that begins anew counts when it is through: until then what was known holds."""
        with self._lock:
            self.complaint = as_text(item.get("message")) if event == "FAILED" else ""
            if event == "RESYNC":
                self._listed = {}
            elif event == "SYNCED":
                self._through()
            elif event in ("ADDED", "MODIFIED", "DELETED"):
                self._noted(event, {"apiVersion": self.kind.api_version, "kind": self.kind.kind, **item})

    def _through(self) -> None:
        listed, self._listed = self._listed or {}, None
        self.changes += not self.synced or _essence(listed) != _essence(self._objects)
        self._objects, self.synced = listed, True

    def _noted(self, event: str, item: Object) -> None:
        metadata = as_object(item.get("metadata"))
        key = as_text(metadata.get("namespace")), as_text(metadata.get("name"))
        objects = self._objects if self._listed is None else self._listed
        old = objects.pop(key, None)
        if event != "DELETED":
            objects[key] = item
        if self._listed is None:
            now = None if event == "DELETED" else _essential(item)
            self.changes += now != (_essential(old) if old is not None else None)

    def objects(self) -> list[Object]:
        """By namespace and name."""
        with self._lock:
            return [item for _, item in sorted(self._objects.items())]

    @property
    def forbidden(self) -> bool:
        """Whether the account may not look at it, so that waiting is of no use."""
        return _FORBIDDEN in self.complaint


class ClusterPolicies:
    """All policies of a cluster, followed by a thread for each kind."""

    def __init__(self, cluster: Watched, namespace: str, enforced: Collection[str] = ()) -> None:
        self._cluster, self._groups = cluster, policy_kinds.groups(enforced)
        self._followed = {CONFIG_MAP: Followed(CONFIG_MAP, namespace, f"{LABEL}=true")}
        self._lock, self._ended = Lock(), Event()
        self._discovered = False
        self._dropped = 0
        self.complaints: dict[str, str] = {}
        """What cannot be read, by name; it comes and goes."""

    def start(self) -> None:
        """Begin to watch."""
        self._begin(self._followed[CONFIG_MAP])
        Thread(target=self._run, name="policy kinds", daemon=True).start()

    def close(self) -> None:
        """Watch no more."""
        self._ended.set()
        for item in self._all():
            item.stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait until everything was listed once, so long at most; whether it was."""
        end = time.monotonic() + seconds
        while not self.ready and time.monotonic() < end and not self._ended.wait(0.02):
            pass
        return self.ready

    @property
    def ready(self) -> bool:
        """Whether everything was listed once; kinds of others that may not be read are not waited for."""
        return self._discovered and all(item.synced or self._spared(item) for item in self._all())

    @staticmethod
    def _spared(item: Followed) -> bool:
        return item.forbidden and item.kind.group not in ("", policy_kinds.OWN)

    @property
    def stamp(self) -> object:
        """What changes when a policy does."""
        return self._dropped, tuple((item.kind, item.changes) for item in self._all())

    def own(self) -> list[Object]:
        """The objects of assay's own kinds, with what their status says."""
        return [found for item in self._all() if item.kind.group == policy_kinds.OWN for found in item.objects()]

    def manifests(self) -> tuple[list[Manifest], list[AssayError]]:
        """All policies, and the texts in ConfigMaps that are none."""
        found, problems = list[Manifest](), list[AssayError]()
        for item in self._all():
            for one in item.objects():
                if item.kind == CONFIG_MAP:
                    _read(one, found, problems)
                else:
                    found.append(Manifest(_essential(one), place(one), 1))
        return found, problems

    def _all(self) -> list[Followed]:
        with self._lock:
            return [item for _, item in sorted(self._followed.items())]

    def _begin(self, item: Followed) -> None:
        Thread(target=item.follow, args=(self._cluster,), name=item.kind.kind, daemon=True).start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._cluster.refresh(self._groups)
                self.discovered(policy_kinds.served(self._cluster, self._groups))
                self.complaints.pop("kinds", None)
            except AssayError as error:
                self.complaints["kinds"] = f"which policies there are is not known: {error.what}"
            self._complain()
            self._ended.wait(_LOOK if self._discovered else 0.5)

    def discovered(self, kinds: Sequence[GroupVersionKind], moment: float | None = None) -> None:
        """Follow the kinds that came, and leave those that have been gone for long."""
        now = time.monotonic() if moment is None else moment
        with self._lock:
            fresh = [Followed(kind) for kind in kinds if kind not in self._followed]
            self._followed.update((item.kind, item) for item in fresh)
            for kind, item in list(self._followed.items()):
                if kind in kinds or kind == CONFIG_MAP:
                    item.missing_since = None
                elif item.missing_since is None:
                    item.missing_since = now
                elif now - item.missing_since > _GONE:
                    item.stop.set()
                    del self._followed[kind]
                    self._dropped += 1
        for item in fresh:
            self._begin(item)
        self._discovered = True

    def _complain(self) -> None:
        told = {
            item.kind.kind: f"{item.kind.kind} cannot be read: {item.complaint}"
            for item in self._all()
            if item.complaint
        }
        for name in [name for name in self.complaints if name not in told and name != "kinds"]:
            del self.complaints[name]
        self.complaints.update(told)


def place(item: Object) -> str:
    """How problems name an object: ``cluster/ClusterPolicy/NAME``, with its namespace where it has one."""
    metadata = as_object(item.get("metadata"))
    parts = "cluster", as_text(item.get("kind")), as_text(metadata.get("namespace")), as_text(metadata.get("name"))
    return "/".join(part for part in parts if part)


def _read(item: Object, found: list[Manifest], problems: list[AssayError]) -> None:
    """The policies in a ConfigMap; a text that is none is a problem, and the others go on."""
    data: Mapping[str, object] = as_object(item.get("data"))
    for name, text in sorted(data.items()):
        where = f"{place(item)}/{name}"
        try:
            found += manifest.read(as_text(text), where)
        except AssayError as error:
            told = error.what if where in error.what else f"{where}: {error.what}"
            problems.append(Malformed(told, error.remedy))


def _essential(item: Object) -> Object:
    """An object without its status, and without what changes when nothing does."""
    metadata = {key: value for key, value in as_object(item.get("metadata")).items() if key not in _NOISE}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _essence(objects: Mapping[tuple[str, str], Object]) -> dict[tuple[str, str], Object]:
    return {key: _essential(item) for key, item in objects.items()}
