"""Policy nouns: what is asked of a policy engine, and what its rules answer.

A Kubernetes object stays what it is on the wire, a JSON object; only what surrounds it gets a type here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

Object = dict[str, Any]
"""A Kubernetes object, as JSON has it."""


class GroupVersionKind(NamedTuple):
    """What an object is: ``apps/v1, Deployment`` is ``("apps", "v1", "Deployment")``; the core group is empty."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, item: Object) -> GroupVersionKind:
        """As `item` says in ``apiVersion`` and ``kind``; empty texts where it does not."""
        api, kind = item.get("apiVersion"), item.get("kind")
        group, slash, version = (api if isinstance(api, str) else "").rpartition("/")
        return cls(group if slash else "", version, kind if isinstance(kind, str) else "")

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


class GroupVersionResource(NamedTuple):
    """Where the API serves it: ``("apps", "v1", "deployments")``."""

    group: str
    version: str
    resource: str


class Operation(StrEnum):
    """What the request does."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Who asks (authentication.k8s.io/v1 UserInfo)."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What an admission review asks (admission.k8s.io/v1 AdmissionRequest).

    `object` is absent for DELETE and some CONNECTs, `old_object` for CREATE and CONNECT. `kind` and `resource`
    are those the webhook's rule names; the objects are in that version.
    """

    uid: str
    kind: GroupVersionKind
    resource: GroupVersionResource
    operation: Operation
    name: str = ""
    namespace: str = ""
    sub_resource: str = ""
    object: Object | None = None
    old_object: Object | None = None
    user: UserInfo = UserInfo()
    dry_run: bool = False
    options: Object | None = None
    raw: Object = field(default_factory=dict)
    """The request as it came, for languages that show policies the whole of it."""


class Outcome(StrEnum):
    """What a rule says of an object; the words are those of PolicyReport (wgpolicyk8s.io)."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    ERROR = "error"
    SKIP = "skip"


class Action(StrEnum):
    """What a failed rule does to the request."""

    AUDIT = "audit"
    WARN = "warn"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule of one policy says of one object."""

    policy: str
    rule: str
    outcome: Outcome
    message: str = ""
    action: Action = Action.DENY
    """What happens where `outcome` is fail (or error, where the policy fails closed)."""
    details: Object = field(default_factory=dict)
    """What the policy adds for machines, e.g. Gatekeeper's ``details`` or audit annotations."""
    patched: Object | None = None
    """The object as a mutating rule leaves it; None where the rule changes nothing."""
    generated: tuple[Object, ...] = ()
    """The objects that a generating rule makes."""
