"""A cluster whose objects are asked for by every request: what was told a moment ago is not asked again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from assay.model.policy import GroupVersionKind, Object
from assay.ports import Cluster

SECONDS = 1.0
MAX_KEPT = 5000
_Key = tuple[GroupVersionKind, str, str]


class RecentCluster:
    """`assay.ports.Cluster` in front of another; objects are at most `seconds` old, lists are always asked for."""

    def __init__(self, cluster: Cluster, seconds: float = SECONDS) -> None:
        self._cluster, self._seconds = cluster, seconds
        self._kept: OrderedDict[_Key, tuple[float, Object | None]] = OrderedDict()
        self._lock = Lock()

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None where there is none."""
        key = (kind, namespace, name)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = self._cluster.get(kind, namespace, name)
        with self._lock:
            self._kept[key] = (time.monotonic() + self._seconds, found)
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Sequence[Object]:
        """The objects of a kind."""
        return self._cluster.list(kind, namespace)
