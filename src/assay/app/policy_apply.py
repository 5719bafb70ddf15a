"""Policies of every kind applied to objects and to recorded admission reviews, without a cluster.

The objects are the cluster too: constraints that look into it, and policies that ask for a Namespace, find them there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from assay.adapters.access import Access
from assay.app import own_policies, policies, running_objects
from assay.app.image_evidence import NamedRoots, Reach
from assay.app.recent_cluster import RecentCluster
from assay.app.replayed_images import ReplayedImages
from assay.engines.policy import deciding
from assay.engines.policy.creating import created
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.world import World
from assay.errors import AssayError, InputError, Malformed
from assay.formats import admission_review, json
from assay.model.policy import AdmissionRequest, Object
from assay.ports import Cluster as ClusterPort

if TYPE_CHECKING:
    from assay.app.image_facts import Facts
    from assay.engines.policy.rego.source import Compiler
    from assay.formats.manifest import Manifest
    from assay.model.decision import Decision
    from assay.model.trusted_root import TrustedRoot

_SECONDS = 600.0
LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """What is asked: `at` sets the clock, `namespace` is for objects that name none."""

    policies: Sequence[Path]
    resources: Sequence[Path]
    reviews: Sequence[Path]
    root: Callable[[], TrustedRoot]
    access: Access = field(default_factory=Access)
    at: datetime | None = None
    namespace: str = "default"
    facts: Facts | None = None
    rego: Compiler | None = None
    cluster: RunningCluster | None = None
    """The cluster whose objects are asked about, and which policies look into in the place of `resources`."""
    only: str = ""
    """Of the cluster only this namespace."""


class RunningCluster(ClusterPort, running_objects.ListedCluster, Protocol):
    """A cluster that is looked into, and listed."""


class Applied(NamedTuple):
    """An object or a review, and what was decided about it."""

    target: str
    decision: Decision


class Applying:
    """Loaded policies; `problems` are those that could not be loaded."""

    def __init__(self, asked: ApplyRequest) -> None:
        """Raises `InputError` for files that are not there or hold no reviews, and where there are no policies."""
        self._asked = asked
        self._manifests, wrongs = own_policies.manifests(asked.policies)
        loaded = policies.of_manifests(self._manifests, wrongs, rego=asked.rego)
        self.problems, self._policies = loaded.problems, loaded.policies
        if not self._policies and not self.problems:
            raise InputError("there are no policies in " + ", ".join(map(str, asked.policies)), "name a file with some")
        self._now: Callable[[], datetime] = lambda: asked.at or datetime.now(UTC)
        reach = Reach(NamedRoots(asked.root, loaded.roots), asked.access, now=self._now)
        self._resources = _manifests(asked.resources)
        self._reviews = list(_reviews(asked.reviews))
        for place, document in self._reviews:
            _request(place, document)  # a wrong one is told before the first verdict, not between two
        self._cluster: ClusterPort = GivenCluster(item.object for item in self._resources)
        if asked.cluster is not None:
            self._cluster = RecentCluster(asked.cluster, _SECONDS)
        self._images = ReplayedImages(reach, self._cluster if asked.cluster is not None else None)

    def apply(self) -> Iterator[Applied]:
        """Every object as if it were created, every review, then what runs.

        Raises `ExternalError` where the cluster cannot be asked.
        """
        for item in self._resources:
            yield Applied(
                f"{item.place} {_title(item.object)}", self._decide(created(item.object, self._asked.namespace))
            )
        for place, document in self._reviews:
            request = _request(place, document)
            found = request.object or request.old_object or {}
            title = _title(found) if found else f"{request.kind.kind}/{request.name}"
            yield Applied(f"{place} {request.operation} {title}", self._decide(request))

        if self._asked.cluster is not None:
            for one in running_objects.running(self._asked.cluster, self._manifests, self._asked.only):
                namespace, title = one.request.namespace, _title(one.request.object or {})
                yield Applied(f"{namespace}/{title}" if namespace else title, self._decide(one.request))

    def _decide(self, request: AdmissionRequest) -> Decision:
        images, facts = self._images.of(request), self._asked.facts
        seen = facts.of(images) if facts is not None else None
        world = World(cluster=self._cluster, images=images, now=self._now, facts=seen)
        return deciding.whole(self._policies, request, world)

    def close(self) -> None:
        """End the connections."""
        self._images.close()


def _manifests(paths: Sequence[Path]) -> list[Manifest]:
    found, problems = own_policies.manifests(paths)
    if problems:
        raise problems[0]
    return found


def _reviews(paths: Sequence[Path]) -> Iterator[tuple[str, Object | str]]:
    """The reviews of files with their places: manifests, or lines of JSON, which take less room as text."""
    for path in paths:
        if path.suffix not in LINES:
            yield from ((item.place, item.object) for item in _manifests([path]))
            continue
        for number, line in enumerate(_text(path).splitlines(), 1):
            if line.strip():
                yield f"{path}:{number}", line


def _request(place: str, document: Object | str) -> AdmissionRequest:
    """What a review asks; raises `Malformed` for what is none."""
    found = _object(document, place) if isinstance(document, str) else document
    try:
        return admission_review.request(found)
    except Malformed as error:
        raise Malformed(f"{place}: {error.what}", "name a file of AdmissionReviews") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "name a file of JSON lines") from error


def _object(line: str, place: str) -> Object:
    try:
        return json.load_object(line)
    except AssayError as error:
        raise Malformed(f"{place}: {error.what}", "write one AdmissionReview a line") from error


def _title(item: Object) -> str:
    metadata: Any = item.get("metadata")
    name = (metadata.get("name") or metadata.get("generateName") or "") if isinstance(metadata, dict) else ""
    return f"{item.get('kind', '')}/{name}"
