"""The admission controller, put together: policies, registries, the verdict store, the record of workloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.adapters.access import Access
from assay.adapters.admission_store import Database
from assay.adapters.admission_store.sightings import Sightings
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.app import existing_workloads, own_policies, policies, standing_beside
from assay.app.image_evidence import NamedRoots, Reach, Registries, RegistryImages
from assay.app.own_policies import Loaded
from assay.app.pull_secrets import PullSecrets
from assay.app.rego_processes import RegoProcesses
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import Operation

if TYPE_CHECKING:
    from assay.app.break_glass import Glasses
    from assay.app.image_facts import Facts
    from assay.engines.policy.world import Policy
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


class Controller:
    """Decides about requests, from many threads; policies are exchanged as a whole while it works."""

    def __init__(self, setting: Setting) -> None:
        """Raises `assay.errors.ExternalError` where its folder cannot be used."""
        self._setting = setting
        self._database = Database.open(setting.folder)
        self.store = VerdictStore(self._database, setting.fresh)
        self.sightings = Sightings(self._database)
        self._loaded = Loaded()
        self._rego = RegoProcesses()
        self._stamp: object = None
        self._roots = NamedRoots(setting.root, {})
        reach = Reach(lambda name: self._roots(name), setting.access, now=setting.now)
        self.registries = Registries(reach, self.store)
        self.ready = False
        self.problems: dict[str, str] = {}
        """Policies that could not be loaded."""
        self.complaints: dict[str, str] = {}
        """What else is amiss; it comes and goes."""

    @property
    def policies(self) -> Sequence[Policy]:
        """What is in force."""
        return self._loaded.policies

    def load(self) -> None:
        """Read the policies and the trust root; from then on the controller is ready.

        Raises `AssayError` where the path or the trust root cannot be read; problems of single policies are kept.
        """
        self._stamp = self._seen()
        rego = RegoProcesses()  # bounded: an endless template must not hold up the other policies
        loaded = policies.load(self._setting.policies, self._setting.glasses, rego)
        loaded = replace(loaded, policies=standing_beside.beside(loaded.policies, self._setting.enforce))
        roots = NamedRoots(self._setting.root, loaded.roots)
        roots("")
        self._loaded, self._roots = loaded, roots
        self._rego, elder = rego, self._rego
        elder.close()
        self.problems = {str(number): error.what for number, error in enumerate(loaded.problems)}
        self.ready = True

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
        try:
            if self._seen() == self._stamp:
                return False
            self.load()
        except AssayError as error:
            self.problems = {"load": f"{error.what}; the policies of before stay in force"}
            return False
        return True

    def _seen(self) -> object:
        """What changes when a policy does: names, sizes and times of all files."""
        found = []
        for path in own_policies.files(self._setting.policies):
            status = path.stat()
            found.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
        return found

    def session(self, request: AdmissionRequest, seconds: float | None = None) -> Session:
        """The evaluation of one request; without `seconds` it waits as long as it takes."""
        cluster = self._setting.cluster
        secrets = PullSecrets(cluster, request) if cluster is not None else None
        return Session(self, self.registries.images(seconds, secrets))

    def world(self, images: RegistryImages) -> World:
        """What policies may look at."""
        setting = self._setting
        return World(
            cluster=setting.cluster,
            images=images,
            now=setting.now,
            facts=setting.facts.of(images) if setting.facts is not None else None,
            sightings=self.sightings,
            stale=self.registries.aged,
        )

    def close(self) -> None:
        """Stop asking, and close the files."""
        self._rego.close()
        self.registries.close()
        self._database.close()


class Session:
    """One request, evaluated again while answers come in; what was told once is not asked again."""

    def __init__(self, controller: Controller, images: RegistryImages) -> None:
        self._policies = controller.policies
        self._images = images
        self._world = controller.world(images)

    def decide(self, request: AdmissionRequest, *, mutating: bool) -> Decision:
        """The decision, with what is known so far."""
        if request.operation in (Operation.DELETE, Operation.CONNECT) and mutating:
            return deciding.decide(())
        self._images.late = False
        run = deciding.mutate if mutating else deciding.validate
        return run(self._policies, request, self._world)

    @property
    def late(self) -> bool:
        """Whether the last decision lacked an answer that was not there yet."""
        return self._images.late

    @property
    def pending(self) -> list[Future[Any]]:
        """Answers that are on their way."""
        return self._images.pending
