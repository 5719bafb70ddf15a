"""Images and manifests held to policies outside of a cluster: the same code as the webhooks, at any date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.adapters.access import Access
from assay.app import own_policies
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.app.policies import load as load_policies
from assay.engines.policy import deciding
from assay.engines.policy.creating import created
from assay.engines.policy.given_sightings import GivenSightings
from assay.engines.policy.world import World
from assay.errors import InputError
from assay.formats import image_reference, manifest
from assay.model.policy import AdmissionRequest, Object

if TYPE_CHECKING:
    from assay.app.image_facts import Facts
    from assay.app.own_policies import Loaded
    from assay.engines.policy.world import Policy, Rollouts
    from assay.model.decision import Decision
    from assay.model.trusted_root import TrustedRoot


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What is asked: `at` sets the clock, `existing` says that the workload was there before any rollout.

    `load` reads policies; by default those of every kind.
    """

    policies: Sequence[Path]
    root: Callable[[], TrustedRoot]
    access: Access = field(default_factory=Access)
    at: datetime | None = None
    namespace: str = "default"
    existing: bool = False
    facts: Facts | None = None
    load: Callable[[Sequence[Path]], Loaded] = load_policies
    rollouts: Rollouts | None = None


class Checked(NamedTuple):
    """A target, and what was decided about it."""

    target: str
    decision: Decision


class Checking:
    """Loaded policies that targets are held to; `problems` are policies that could not be loaded."""

    def __init__(self, asked: CheckRequest) -> None:
        """Raises `InputError` where there are no policies."""
        self._asked = asked
        loaded = asked.load(asked.policies)
        self.problems = loaded.problems
        self.policies: Sequence[Policy] = loaded.policies
        if not self.policies and not self.problems:
            names = ", ".join(map(str, asked.policies))
            raise InputError(f"{names}: there are no policies", "name a file that holds some")
        self._now: Callable[[], datetime] = lambda: asked.at or datetime.now(UTC)
        roots = NamedRoots(asked.root, loaded.roots)
        self._registries = Registries(Reach(roots, asked.access, now=self._now))

    def check(self, target: str) -> Iterator[Checked]:
        """The decision about an image, or about each object of a file; raises `InputError` for neither."""
        for name, item in _objects(target):
            yield Checked(name, self.decide(created(item, self._asked.namespace)))

    def decide(self, request: AdmissionRequest) -> Decision:
        """The decision about a request, mutating policies first."""
        images, facts = self._registries.images(), self._asked.facts
        world = World(
            images=images,
            now=self._now,
            facts=facts.of(images) if facts is not None else None,
            sightings=GivenSightings(existing=self._asked.existing),
            rollouts=self._asked.rollouts,
        )
        return deciding.whole(self.policies, request, world)

    def close(self) -> None:
        """End the connections."""
        self._registries.close()


def _objects(target: str) -> Iterator[tuple[str, Object]]:
    path = Path(target)
    if path.is_dir() or path.is_file():
        found, problems = own_policies.manifests([path])
        if problems:
            raise problems[0]
        for item in found:
            yield f"{item.place} {_named(item)}", item.object
        return
    if path.suffix in own_policies.ENDINGS and not image_reference.is_reference(target):
        raise InputError(f"there is no file {target}", "check the path")
    image_reference.parse(target)
    yield target, _pod(target)


def _named(item: manifest.Manifest) -> str:
    metadata: Any = item.object.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    return f"{item.object.get('kind', '')}/{name}"


def _pod(image: str) -> Object:
    """The pod that an image alone stands for."""
    name = image_reference.parse(image).repository.rpartition("/")[2].replace("_", "-").replace(".", "-")
    container = {"name": name, "image": image}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}
