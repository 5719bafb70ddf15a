"""The admission controller, put together: policies, registries, the verdict store, the record of workloads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.adapters.access import Access
from assay.adapters.admission_store import opened
from assay.adapters.admission_store.admissions import Admissions
from assay.adapters.admission_store.rollouts import Rollouts
from assay.adapters.admission_store.sightings import Sightings
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.app import existing_workloads, own_objects, own_policies, policies, standing_beside
from assay.app.image_evidence import NamedRoots, Reach, Registries, RegistryImages
from assay.app.own_policies import Loaded
from assay.app.proofs import NotingImages, Proofs
from assay.app.pull_secrets import PullSecrets
from assay.app.rego_processes import RegoProcesses
from assay.engines.policy import deciding
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import Operation

if TYPE_CHECKING:
    from assay.adapters.admission_store import Database
    from assay.adapters.telemetry import Span
    from assay.app.break_glass import Glasses
    from assay.app.cluster_policies import ClusterPolicies
    from assay.app.companions import Proof
    from assay.app.image_facts import Facts
    from assay.engines.policy.world import Policy
    from assay.formats.manifest import Manifest
    from assay.model.decision import Decision
    from assay.model.policy import AdmissionRequest
    from assay.model.trusted_root import TrustedRoot
    from assay.ports import Cluster


@dataclass(frozen=True, slots=True)
class Setting:
    """How a controller is set up; `root` gives the configured trust root, `fresh` are seconds that a verdict counts."""

    policies: Sequence[Path]
    folder: Path
    root: Callable[[], TrustedRoot]
    access: Access = field(default_factory=Access)
    fresh: float = 3600
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    cluster: Cluster | None = None
    facts: Facts | None = None
    glasses: Glasses | None = None
    enforce: frozenset[str] = frozenset()
    """Engines whose policies refuse requests, besides assay's own."""
    database: str = ""
    """The address of a PostgreSQL that replicas share; empty is a file of one's own."""
    cluster_policies: ClusterPolicies | None = None
    """Where policies come from besides `policies`."""
    watched: Sequence[Path] = ()
    """Other files whose change loads everything anew: the trust root's."""


class Controller:
    """Decides about requests, from many threads; policies are exchanged as a whole while it works."""

    def __init__(self, setting: Setting) -> None:
        """Raises `assay.errors.ExternalError` where its folder cannot be used."""
        self._setting = setting
        self._database = opened(setting.folder, setting.database)
        self.store = VerdictStore(self._database, setting.fresh)
        self.sightings = Sightings(self._database)
        self.admissions = Admissions(self._database)
        self.rollouts = Rollouts(self._database, setting.now)
        self._loaded = Loaded()
        self.manifests: Sequence[Manifest] = ()
        """The objects that policies were loaded from."""
        self.wrongs: Sequence[AssayError] = ()
        """What was wrong with them."""
        self._rego = RegoProcesses()
        self._stamp: object = None
        self._roots = NamedRoots(setting.root, {})
        reach = Reach(lambda name: self._roots(name), setting.access, now=setting.now)
        self.registries = Registries(reach, self.store)
        self.proofs = Proofs()
        self.loads = 0
        """How often policies were loaded."""
        self.ready = False
        self.is_current: Callable[[], bool] = lambda: True
        """Whether other replicas have nothing newer."""
        self.problems: dict[str, str] = {}
        """Policies that could not be loaded."""
        self.complaints: dict[str, str] = {}
        """What else is amiss; it comes and goes."""

    @property
    def policies(self) -> Sequence[Policy]:
        """What is in force."""
        return self._loaded.policies

    @property
    def database(self) -> Database:
        """What is kept."""
        return self._database

    @property
    def cluster(self) -> Cluster | None:
        """The cluster that policies may look into."""
        return self._setting.cluster

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        return self._setting.now

    def load(self) -> None:
        """Read the policies and the trust root; from then on the controller is ready.

        Raises `AssayError` where the path or the trust root cannot be read; problems of single policies are kept.
        """
        self._stamp = self._seen()
        rego = RegoProcesses()  # bounded: an endless template must not hold up the other policies
        ready = self._setting.cluster_policies is None or self._setting.cluster_policies.ready
        found, problems = self._read()
        loaded = policies.of_manifests(found, problems, self._setting.glasses, rego)
        loaded = replace(loaded, policies=standing_beside.beside(loaded.policies, self._setting.enforce))
        roots = NamedRoots(self._setting.root, loaded.roots)
        roots("")
        natives = [item.policy for item in loaded.policies if isinstance(item, NativePolicy)]
        self.rollouts.observe(natives, self._setting.now())
        self._loaded, self._roots, self.loads = loaded, roots, self.loads + 1
        self.manifests, self.wrongs = found, loaded.problems
        self._rego, elder = rego, self._rego
        elder.close()
        self.problems = {str(number): error.what for number, error in enumerate(loaded.problems)}
        self.ready = ready

    def _read(self) -> tuple[list[Manifest], list[AssayError]]:
        """The objects in files and in the cluster."""
        found, problems = own_policies.manifests(self._setting.policies)
        if self._setting.cluster_policies is not None:
            more, wrongs = self._setting.cluster_policies.manifests()
            return [*found, *more], [*problems, *wrongs]
        return found, problems

    def note_existing(self) -> None:
        """Write down what runs in the cluster already; where that fails, it is told and can be tried again."""
        cluster = self._setting.cluster
        if cluster is None:
            return
        try:
            self.sightings.note_all(existing_workloads.workloads(cluster, self._setting.now()))
            self.complaints.pop("existing workloads", None)
        except AssayError as error:
            self.complaints["existing workloads"] = f"they are not known: {error.what}"

    def reload(self) -> bool:
        """Load again if a file changed; where that fails, what was loaded stays in force, and it is told."""
        self.admissions.flush()
        try:
            if self._seen() == self._stamp:
                return False
            self.load()
        except AssayError as error:
            self.problems = {"load": f"{error.what}; the policies of before stay in force"}
            return False
        except OSError as error:  # a folder that is exchanged while it is looked at
            self.problems = {"load": f"{error.filename}: {error.strerror}; the policies of before stay in force"}
            self._stamp = None
            return False
        return True

    def _seen(self) -> object:
        """What changes when a policy does: names, sizes and times of all files."""
        found = [_mark(path) for path in own_policies.files(self._setting.policies)]
        found += [_mark(path) for path in self._setting.watched]
        source = self._setting.cluster_policies
        return found, (source.ready, source.stamp) if source is not None else None

    @property
    def current(self) -> bool:
        """Whether what is in force is what files and cluster say now."""
        return self._seen() == self._stamp

    def session(self, request: AdmissionRequest, seconds: float | None = None, span: Span | None = None) -> Session:
        """The evaluation of one request; without `seconds` it waits as long as it takes."""
        cluster = self._setting.cluster
        secrets = PullSecrets(cluster, request) if cluster is not None else None
        until = None if seconds is None else time.monotonic() + seconds
        return Session(self, NotingImages(self.registries, until, secrets, self.proofs, span=span))

    def world(self, images: RegistryImages) -> World:
        """What policies may look at."""
        setting = self._setting
        return World(
            cluster=setting.cluster,
            images=images,
            now=setting.now,
            facts=setting.facts.of(images) if setting.facts is not None else None,
            sightings=self.sightings,
            admissions=self.admissions,
            rollouts=self.rollouts,
            stale=self.registries.aged,
            aside=images.aside,
        )

    def wrong(self, request: AdmissionRequest) -> Decision | None:
        """The refusal of a policy of ours that could not be loaded; None for whatever else."""
        return own_objects.refusal(request, self._setting.glasses)

    def close(self) -> None:
        """Stop asking, and close the files."""
        self._rego.close()
        self.registries.close()
        self.admissions.flush()
        self._database.close()


def _mark(path: Path) -> tuple[object, ...]:
    """What changes with a file; one that went away meanwhile, as in a ConfigMap that is exchanged, has no more."""
    try:
        status = path.stat()
    except OSError:
        return (str(path),)
    return str(path), status.st_mtime_ns, status.st_size, status.st_ino


class Session:
    """One request, evaluated again while answers come in; what was told once is not asked again."""

    def __init__(self, controller: Controller, images: NotingImages) -> None:
        self._policies = controller.policies
        self._wrong = controller.wrong
        self._images = images
        self._world = controller.world(images)

    def decide(self, request: AdmissionRequest, *, mutating: bool) -> Decision:
        """The decision, with what is known so far."""
        if request.operation in (Operation.DELETE, Operation.CONNECT) and mutating:
            return deciding.decide(())
        if not mutating and (refusal := self._wrong(request)) is not None:
            return refusal
        self._images.late = self._images.late_aside = False
        run = deciding.mutate if mutating else deciding.validate
        decision = run(self._policies, request, self._world)
        if not mutating and (told := own_objects.warnings(request)):
            return replace(decision, warnings=(*decision.warnings, *told))
        return decision

    @property
    def proofs(self) -> Sequence[Proof]:
        """What was verified of images, and told to policies."""
        return self._images.noted

    @property
    def digests(self) -> Mapping[str, str]:
        """Digests by image as the object names it, as far as they became known."""
        return self._images.known

    @property
    def late(self) -> bool:
        """Whether the last decision lacked an answer that was not there yet."""
        return self._images.late

    @property
    def late_aside(self) -> bool:
        """Whether it lacked an answer that only the record wants."""
        return self._images.late_aside

    @property
    def pending(self) -> list[Future[Any]]:
        """Answers that are on their way."""
        return self._images.pending
