"""A cluster in this process that speaks the API of Kubernetes: discovery, get, list, watch, create, replace, patch,
server-side apply, delete, status, dry runs; definitions add kinds.

Its watches can be dropped, its history forgotten (410), its answers slow or refused, and it can be stopped and
started again with what it holds. `cluster_http` answers, `cluster_kinds` knows the kinds.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulators import ending_server
from simulators.cluster_http import Handler
from simulators.cluster_kinds import Kinds

Object = dict[str, Any]
Key = tuple[str, str, str]


@dataclass
class ClusterFaults:
    """What goes wrong; counts are used up."""

    token: str = ""
    refuse: int = 0
    slow: float = 0
    drop_watches: int = 0
    forget: bool = False
    forbid: Callable[[str, str], bool] = lambda method, path: False
    """Whether a method on a path is forbidden to whoever asks (403), for good."""
    stale: int = 0
    """So many writes meet an object that was changed by somebody else meanwhile (409)."""


@dataclass
class SimulatedCluster:
    """Objects by resource, namespace and name; every change has a number and is told to watches."""

    objects: dict[Key, Object] = field(default_factory=dict)
    history: list[tuple[int, str, str, Object]] = field(default_factory=list)
    faults: ClusterFaults = field(default_factory=ClusterFaults)
    requests: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    kinds: Kinds = field(default_factory=Kinds.all)
    applied: dict[tuple[Key, str], Object] = field(default_factory=dict)
    """What each field manager applied last."""
    version: int = 1
    port: int = 0
    secure: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    def put(self, item: Object) -> Object:
        """Create an object, or change the one of its name."""
        kind = self.kinds.of(item)
        metadata = item["metadata"]
        key = (kind.key, metadata.get("namespace", ""), metadata["name"])
        with self.changed:
            self.version += 1
            old = self.objects.get(key)
            kept = old["metadata"] if old is not None else {}
            stored = {**item, "metadata": {**_made(self.version, kept, metadata), "resourceVersion": str(self.version)}}
            stored["metadata"]["generation"] = _generation(old, stored)
            self.objects[key] = stored
            self._told(kind.key, "ADDED" if old is None else "MODIFIED", stored)
        if kind.kind == "CustomResourceDefinition":
            self.kinds.define(stored)
        return stored

    def delete(self, resource: str, namespace: str, name: str) -> bool:
        """Delete an object."""
        with self.changed:
            item = self.objects.pop((resource, namespace, name), None)
            if item is None:
                return False
            self.version += 1
            gone = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version)}}
            self._told(resource, "DELETED", gone)
        if resource == "customresourcedefinitions":
            self.kinds.undefine(item)
        return True

    def get(self, resource: str, name: str, namespace: str = "") -> Object | None:
        """An object as it is now."""
        return self.objects.get((resource, namespace, name))

    def of(self, resource: str, namespace: str = "") -> list[Object]:
        """The objects of a resource, in one namespace or in all."""
        with self.changed:
            found = sorted(self.objects.items())
        return [item for (of, where, _), item in found if of == resource and namespace in ("", where)]

    def _told(self, resource: str, event: str, item: Object) -> None:
        self.history.append((self.version, resource, event, item))
        self.changed.notify_all()


def _made(version: int, kept: Object, metadata: Object) -> Object:
    """Metadata with what the API server writes once."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    uid = metadata.get("uid") or kept.get("uid") or f"uid-{version}"
    made = metadata.get("creationTimestamp") or kept.get("creationTimestamp") or now
    return {**metadata, "uid": uid, "creationTimestamp": made}


def _generation(old: Object | None, new: Object) -> int:
    """One more with each change beside metadata and status."""
    if old is None:
        return 1
    same = all(old.get(key) == new.get(key) for key in {*old, *new} - {"metadata", "status"})
    return int(old["metadata"]["generation"]) + (0 if same else 1)


@contextmanager
def serve(
    cluster: SimulatedCluster, context: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[SimulatedCluster]:
    """The cluster on loopback, on a free port or, as after a restart, on the one it had."""
    handler = type("BoundHandler", (Handler,), {"cluster": cluster})
    with ending_server.serving(handler, port, context) as server:
        cluster.port, cluster.secure = server.server_address[1], context is not None
        yield cluster
