"""The generation in force where each replica has a file of its own: annotations of a Lease in the cluster.

::

    metadata: {name: assay-admission-generation, annotations: {generation.assay.dev/policies: "3 1f3a... 1764190000.0"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from assay.adapters.admission_store.generations import Generation
from assay.adapters.kubernetes.connection import Conflict
from assay.formats.json import as_object, as_text
from assay.model.policy import GroupVersionKind, Object

if TYPE_CHECKING:
    from assay.adapters.kubernetes.client import Cluster

_LEASE = GroupVersionKind("coordination.k8s.io", "v1", "Lease")
_PREFIX = "generation.assay.dev/"


class ClusterGenerations:
    """`assay.app.admission_replicas.Record` in a cluster; a change that another made first is left to it."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster, self._place = cluster, (namespace, name)

    def read(self) -> Mapping[str, Generation]:
        """By part; raises `ExternalError`."""
        return _read(self._cluster.get(_LEASE, *self._place) or {})

    def write(self, part: str, before: int, after: Generation) -> None:
        """Put one in the place of that number (0: of none)."""
        item = self._cluster.get(_LEASE, *self._place)
        number = known.number if (known := _read(item or {}).get(part)) is not None else 0
        if number != before:
            return
        text = f"{after.number} {after.digest} {after.since}"
        with suppress(Conflict):
            if item is None:
                namespace, name = self._place
                metadata: Object = {"namespace": namespace, "name": name, "annotations": {_PREFIX + part: text}}
                self._cluster.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata})
            else:
                metadata = as_object(item.get("metadata"))
                annotations = {**as_object(metadata.get("annotations")), _PREFIX + part: text}
                self._cluster.replace({**item, "metadata": {**metadata, "annotations": annotations}})


def _read(item: Object) -> dict[str, Generation]:
    """What the annotations say; one that is garbled is as none, and written anew."""
    found = {}
    for key, text in as_object(as_object(item.get("metadata")).get("annotations")).items():
        words = as_text(text).split(" ")
        if not key.startswith(_PREFIX) or len(words) != 3:
            continue
        with suppress(ValueError):
            found[key.removeprefix(_PREFIX)] = Generation(int(words[0]), words[1], float(words[2]))
    return found
