"""What a policy may look at besides the request: the cluster, images, the clock, other hosts where allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from assay.model.assay_policy import AssayPolicy, Stage, StageRecord, WantedProvenance
from assay.model.image_flaws import Assessment
from assay.model.image_policy import ImageAttestation
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, RuleResult
from assay.model.workload import Workload
from assay.ports import Cluster, Images


class Http(Protocol):
    """Calls that policies make to other services (Kyverno's apiCall and ``http.Get``)."""

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], ca: str) -> object:
        """The decoded JSON answer; raises `ExternalError`."""
        ...


class ImageFacts(Protocol):
    """What takes more than a look at a verified statement about an image.

    `vex` are OpenVEX documents, verified before. Raises `Refused` for what is no such statement, `ExternalError` where
    the advisory data or the image cannot be read.
    """

    def scanned(self, attestation: ImageAttestation, vex: Sequence[Object]) -> Assessment:
        """What an attested scan says; nothing is looked up again."""
        ...

    def matched(self, attestation: ImageAttestation, vex: Sequence[Object]) -> Assessment:
        """What is known now of the components of an attested SBOM."""
        ...

    def inspected(self, reference: str, vex: Sequence[Object]) -> Assessment:
        """What is known now of an image that is read here."""
        ...

    def built(self, attestation: ImageAttestation, wanted: WantedProvenance) -> str:
        """The builder in attested provenance that says what is wanted."""
        ...


class Sightings(Protocol):
    """The record of when workloads were first seen; both raise `ExternalError` where it is away."""

    def first(self, workload: Workload) -> datetime | None:
        """When it was first seen; None where it never was."""
        ...

    def note(self, workload: Workload, moment: datetime) -> datetime:
        """Write down that it was seen; the moment of the first time."""
        ...


class Rollouts(Protocol):
    """The record of how rollouts go on; whoever writes into it raises nothing, `stage` may raise `ExternalError`."""

    def stage(self, policy: AssayPolicy, stage: Stage, now: datetime) -> StageRecord:
        """What is known of a stage; it is watched from now on, if it was not."""
        ...

    def opened(self, policy: AssayPolicy, stage: Stage, moment: datetime) -> None:
        """Write down that its gates opened then; it stays so."""
        ...

    def violated(
        self, policy: AssayPolicy, stage: Stage, workload: Workload, rule: str, image: str, now: datetime
    ) -> None:
        """Write down that a workload breaks a rule with an image: new, unless that was written down before."""
        ...


class Admissions(Protocol):
    """The record of images that satisfied a policy for a workload; neither raises anything."""

    def known(self, policy: str, workload: Workload, image: str) -> bool:
        """Whether this image (a digest, or a reference where no digest was asked for) satisfied it once."""
        ...

    def note(self, policy: str, workload: Workload, image: str, now: datetime) -> None:
        """Write down that it does."""
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
    facts: ImageFacts | None = None
    sightings: Sightings | None = None
    rollouts: Rollouts | None = None
    admissions: Admissions | None = None
    stale: Callable[[timedelta], Images] | None = None
    """Images by verdicts that are elder than they should be, at most so old: for registries that are away."""

    aside: Callable[[], AbstractContextManager[None]] = nullcontext
    """Within it questions are asked for the record alone, so that nobody waits long for their answers."""
    global_context: Callable[[str, str], object] | None = None
    """Kyverno's GlobalContextEntry data by name and projection (empty: the whole); raises `AssayError`."""

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
