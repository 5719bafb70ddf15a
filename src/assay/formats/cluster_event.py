"""Kubernetes events (core/v1 Event), which ``kubectl describe`` and ``kubectl get events`` show.

::

    metadata: {name: app.7f0c1d2e3a4b5c6d, namespace: shop}
    involvedObject: {apiVersion: v1, kind: Pod, name: app, namespace: shop}
    reason: Denied
    message: "AssayPolicy/release signedBy: registry.example/app:1: it is not signed; to mend: assay sign ..."
    type: Warning
    count: 3

An event is in the namespace of its object; that of an object without one is in ``default``. Its name is made of what it
says, so that the same event is counted and not made again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from assay.model.policy import GroupVersionKind, Object

EVENT = GroupVersionKind("", "v1", "Event")
COMPONENT = "assay-admission"
_NO_NAME = re.compile(r"[^a-z0-9-]+")
"""What a name of an event may not hold, though the names of some objects do (``system:node``)."""
MAX_MESSAGE = 1024
"""Bytes that the API takes."""


class Reason(StrEnum):
    """Why there is an event."""

    DENIED = "Denied"
    VIOLATION = "PolicyViolation"
    ERROR = "PolicyError"
    GLASS = "BreakGlassUsed"


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of an object (`regarding`: apiVersion, kind, name, namespace, uid)."""

    reason: Reason
    regarding: tuple[tuple[str, str], ...]
    subject: str
    """What else tells the event from others: policy and rule, or the object that a policy's event is about."""
    message: str

    @property
    def namespace(self) -> str:
        """Where the event is kept."""
        return dict(self.regarding).get("namespace") or "default"

    @property
    def name(self) -> str:
        """Of the event."""
        object_name = _NO_NAME.sub("-", dict(self.regarding).get("name", "").lower())[:200].strip("-.")
        content = repr((self.reason, self.regarding, self.subject)).encode()
        return f"{object_name or 'object'}.{hashlib.sha256(content).hexdigest()[:16]}"


def write(told: Told, count: int, first: datetime, last: datetime) -> Object:
    """The event."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": told.name, "namespace": told.namespace},
        "involvedObject": dict(told.regarding),
        "reason": str(told.reason),
        "message": shortened(told.message),
        "type": "Warning",
        "source": {"component": COMPONENT},
        "reportingComponent": f"assay.dev/{COMPONENT}",
        "reportingInstance": COMPONENT,
        "firstTimestamp": stamp(first),
        "lastTimestamp": stamp(last),
        "count": count,
    }


def stamp(moment: datetime) -> str:
    """A time as the API has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shortened(text: str) -> str:
    """As much as the API takes."""
    return text.encode()[:MAX_MESSAGE].decode(errors="ignore")
