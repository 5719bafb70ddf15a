"""What a policy may look at besides the request: the cluster, images, the clock, other hosts where allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, RuleResult
from assay.ports import Cluster, Images


class Http(Protocol):
    """Calls that policies make to other services (Kyverno's apiCall and ``http.Get``)."""

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], ca: str) -> object:
        """The decoded JSON answer; raises `ExternalError`."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """The ports an evaluation may use; None where nothing answers, so that asking is an error of the rule."""

    cluster: Cluster | None = None
    images: Images | None = None
    http: Http | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of namespaces that no cluster is asked for, as test files give them."""

    def namespace(self, name: str) -> Object | None:
        """The Namespace object, from the cluster or made of the labels given."""
        if name in self.namespace_labels:
            labels = {"kubernetes.io/metadata.name": name, **self.namespace_labels[name]}
            return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        return self.cluster.get(GroupVersionKind("", "v1", "Namespace"), "", name) if self.cluster and name else None


class Policy(Protocol):
    """A loaded policy of any language, compiled once, used by many threads."""

    @property
    def name(self) -> str:
        """For results and messages: ``KIND/NAME`` is unique together with `language`."""
        ...

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What its mutating rules say, in order; the last `RuleResult.patched` is the object they leave."""
        ...

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What its validating rules say; nothing where the policy does not match.

        Raises nothing of its own: what cannot be told is a result with the outcome ERROR.
        """
        ...
