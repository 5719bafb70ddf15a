"""Leader election by a Lease (``coordination.k8s.io/v1``): of several replicas one does what must be done once.

    spec: {holderIdentity: assay-admission-0_6f1c, leaseDurationSeconds: 15, renewTime: ..., leaseTransitions: 3}

As client-go does it: a lease has run out when nobody changed it for its duration *by the clock of the one who looks*,
so that clocks of machines need not agree. Who could not renew for two thirds of it leads no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Protocol

from assay.adapters.kubernetes.client import Conflict
from assay.errors import AssayError
from assay.formats.json import as_object, as_text
from assay.model.policy import GroupVersionKind, Object

LEASE = GroupVersionKind("coordination.k8s.io", "v1", "Lease")
SECONDS = 15.0
_LOOKS = 7.5
"""How often a lease is looked at within its duration."""


class Leases(Protocol):
    """What is needed of a cluster."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...

    def create(self, item: Object) -> Object:
        """Make an object; raises `Conflict` where it is there."""
        ...

    def replace(self, item: Object) -> Object:
        """Put an object in the place of another; raises `Conflict` where that was changed meanwhile."""
        ...


class Alone:
    """Leads always: where there is one replica, and no cluster."""

    is_leader = True


class Leadership:
    """Whether this replica leads; renewed by a thread from `start` to `close`."""

    def __init__(
        self,
        cluster: Leases,
        namespace: str,
        name: str,
        identity: str,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster, self._where, self.identity = cluster, (namespace, name), identity
        self._seconds, self._clock, self._now = seconds, clock, now
        self._seen: tuple[object, float] = (None, 0.0)
        self._until = float("-inf")
        self._lock, self._ended = Lock(), Event()
        self._thread: Thread | None = None
        self.complaint = ""
        """Why the lease could not be looked at, empty where it could."""

    @property
    def is_leader(self) -> bool:
        """True only while the lease is held and was renewed not long ago; ask before each piece of work."""
        return self._clock() < self._until

    def start(self) -> None:
        """Begin to compete."""
        self._thread = Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and hand the lease over, so that another need not wait until it has run out."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(self._seconds)
        with suppress(AssayError):
            self._release()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.look()
            self._ended.wait(self._seconds / _LOOKS)

    def look(self) -> None:
        """Renew the lease, or take it where it is free."""
        with self._lock:
            asked = self._clock()
            try:
                held = self._held(asked)
                self.complaint = ""
            except Conflict:
                held = False  # somebody else was quicker: the next look sees who
            except AssayError as error:
                self.complaint = f"the lease {'/'.join(self._where)} cannot be held: {error.what}"
                return  # what is held stays held until it runs out
            self._until = asked + self._seconds * 2 / 3 if held else float("-inf")

    def _held(self, asked: float) -> bool:
        lease = self._cluster.get(LEASE, *self._where)
        if lease is None:
            self._cluster.create(self._lease({}, 0))
            return True
        spec = as_object(lease.get("spec"))
        if as_text(spec.get("holderIdentity")) == self.identity:
            self._cluster.replace({**lease, "spec": {**spec, "renewTime": self._stamp()}})
            return True
        if not self._free(lease, asked):
            return False
        number = spec.get("leaseTransitions")
        self._cluster.replace(self._lease(lease, number + 1 if isinstance(number, int) else 1))
        return True

    def _free(self, lease: Object, asked: float) -> bool:
        """Whether nobody holds it, or nobody has changed it while we looked for as long as it lasts."""
        spec = as_object(lease.get("spec"))
        if not as_text(spec.get("holderIdentity")):
            return True
        mark = as_object(lease.get("metadata")).get("resourceVersion"), spec.get("renewTime")
        if self._seen[0] != mark:
            self._seen = mark, asked
        length = spec.get("leaseDurationSeconds")
        lasting = float(length) if isinstance(length, int) and 0 < length <= 3600 else self._seconds
        return asked - self._seen[1] > lasting

    def _lease(self, lease: Object, transitions: int) -> Object:
        namespace, name = self._where
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": as_object(lease.get("metadata")) or {"name": name, "namespace": namespace},
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": max(round(self._seconds), 1),
                "acquireTime": self._stamp(),
                "renewTime": self._stamp(),
                "leaseTransitions": transitions,
            },
        }

    def _stamp(self) -> str:
        """A MicroTime."""
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _release(self) -> None:
        with self._lock:
            self._until = float("-inf")
            lease = self._cluster.get(LEASE, *self._where)
            spec = as_object((lease or {}).get("spec"))
            if lease is not None and as_text(spec.get("holderIdentity")) == self.identity:
                left = {**spec, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": self._stamp()}
                self._cluster.replace({**lease, "spec": left})
