"""What became of assay's own objects, told in their status: a condition ``Ready``, with file and field where it is not.

status:
  conditions:
    - {type: Ready, status: "False", reason: Invalid, message: "spec.action: ...", observedGeneration: 3, ...}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from assay.adapters.kubernetes.client import Denied
from assay.app.cluster_policies import place
from assay.app.own_objects import reason
from assay.errors import AssayError
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import GroupVersionKind, Object

_MAX_MESSAGE = 1000
_COMPARED = ("status", "reason", "message", "observedGeneration")


class Patches(Protocol):
    """What is needed of a cluster."""

    def patch(
        self, kind: GroupVersionKind, namespace: str, name: str, changes: Object, subresource: str = ""
    ) -> Object:
        """Change fields of an object."""
        ...


class Statuses:
    """Tells the status of objects; each only when it changes."""

    def __init__(self, cluster: Patches, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cluster, self._now = cluster, now

    def tell(self, items: Iterable[Object], wrongs: Sequence[AssayError]) -> None:
        """Write what is not there yet; raises `ExternalError` where it cannot be written."""
        for item in items:
            wanted = _condition(item, wrongs)
            status = as_object(item.get("status"))
            others = [one for one in map(as_object, as_list(status.get("conditions"))) if one.get("type") != "Ready"]
            kept = next((one for one in map(as_object, as_list(status.get("conditions"))) if one not in others), {})
            if all(kept.get(name) == wanted.get(name) for name in _COMPARED):
                continue
            stamp = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
            same = kept.get("status") == wanted["status"] and kept.get("lastTransitionTime")
            self._write(item, [*others, {**wanted, "lastTransitionTime": same or stamp}])

    def _write(self, item: Object, conditions: Sequence[Object]) -> None:
        metadata = as_object(item.get("metadata"))
        kind, name = GroupVersionKind.of(item), as_text(metadata.get("name"))
        changes: Object = {"status": {"conditions": list(conditions)}}
        try:
            self._cluster.patch(kind, as_text(metadata.get("namespace")), name, changes, "status")
        except Denied as error:
            if error.status != 404:  # it was deleted meanwhile
                raise


def _condition(item: Object, wrongs: Sequence[AssayError]) -> Object:
    where = place(item)
    wrong = next((one for one in wrongs if one.what.startswith(f"{where}:")), None)
    generation = as_object(item.get("metadata")).get("generation")
    seen: Object = {"observedGeneration": generation} if isinstance(generation, int) else {}
    if wrong is None:
        return {"type": "Ready", "status": "True", "reason": "Loaded", "message": "it is in force", **seen}
    told = reason(wrong.what, where) + (f"; {wrong.remedy}" if wrong.remedy else "")
    return {"type": "Ready", "status": "False", "reason": "Invalid", "message": told[:_MAX_MESSAGE], **seen}
