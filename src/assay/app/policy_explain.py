"""Policies explained: what each does, and with an object or a review, why it passes or fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.access import Access
from assay.app import own_policies, policies
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.engines.policy.creating import created
from assay.engines.policy.explaining import classic, others, traces
from assay.engines.policy.explaining.steps import Step, group
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.world import World
from assay.errors import AssayError, InputError
from assay.formats import admission_review
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object

if TYPE_CHECKING:
    from assay.app.own_policies import Loaded
    from assay.formats.manifest import Manifest
    from assay.model.trusted_root import TrustedRoot

_EXCEPTIONS = ("PolicyException", "AssayException")
_ALONE = ("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding", "ConstraintTemplate")
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """What is asked: of `policies` those named `name`, all where it is empty; about `resources` and `reviews`."""

    policies: Sequence[Path]
    root: Callable[[], TrustedRoot]
    name: str = ""
    resources: Sequence[Path] = ()
    reviews: Sequence[Path] = ()
    access: Access = field(default_factory=Access)
    namespace: str = "default"
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One policy: what it does, what is wrong with it, and what it says of each object."""

    title: str
    place: str
    about: tuple[Step, ...]
    traces: tuple[tuple[str, tuple[Step, ...]], ...] = ()


def explain(asked: ExplainRequest) -> tuple[list[Explained], tuple[AssayError, ...]]:
    """Every policy that is asked for, and what could not be loaded; raises `InputError` where there is none."""
    found, problems = own_policies.manifests(asked.policies)
    loaded = policies.of_manifests(found, problems)
    exceptions = [item.object for item in found if GroupVersionKind.of(item.object).kind in _EXCEPTIONS]
    chosen = [item for item in found if _is_policy(item) and asked.name in ("", _name(item.object))]
    if not chosen:
        raise InputError(
            f"there is no policy {asked.name} in {', '.join(map(str, asked.policies))}".replace("  ", " "),
            "name a file or folder of policies, and with --name one that is in it",
        )
    requests, known = list(_requests(asked)), list(_resources(asked))
    registries = Registries(Reach(NamedRoots(asked.root, loaded.roots), asked.access, now=_clock(asked)))
    try:
        world = World(cluster=GivenCluster(known), images=registries.images(_SECONDS), now=_clock(asked))
        return [_explained(item, loaded, exceptions, requests, world) for item in chosen], loaded.problems
    finally:
        registries.close()


def _clock(asked: ExplainRequest) -> Callable[[], datetime]:
    return lambda: asked.at or datetime.now(UTC)


def _is_policy(item: Manifest) -> bool:
    kind = GroupVersionKind.of(item.object)
    if kind.group == "assay.dev":
        return kind.kind == "AssayPolicy"
    if kind.group == "policy.sigstore.dev":
        return kind.kind == "ClusterImagePolicy"
    return kind.kind not in _EXCEPTIONS and any(language.takes(kind) for language in policies.languages())


def _name(item: Object) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def _explained(
    item: Manifest, loaded: Loaded, exceptions: list[Object], requests: list[tuple[str, AdmissionRequest]], world: World
) -> Explained:
    kind, name = GroupVersionKind.of(item.object), _name(item.object)
    describe = classic.describe if kind.group == "kyverno.io" else others.describe
    problems = [problem for problem in loaded.problems if problem.what.startswith(f"{item.place}:")]
    about = [Step(f"It cannot be loaded: {problem.what}", False, mend=problem.remedy) for problem in problems]
    about += describe(item.object) if not problems else []
    about += [
        others.exception(one) for one in exceptions if isinstance(one.get("spec"), dict) and name in repr(one["spec"])
    ]
    names = (name, f"{kind.kind}/{name}")
    mine = [policy for policy in loaded.policies if policy.name in names] if kind.kind not in _ALONE else []
    found = []
    for title, request in requests:
        steps = [step for policy in mine for step in traces.trace(policy, request, world)]
        found.append((title, tuple(steps) or (group("The policy is not in force.", ()),)))
    return Explained(f"{kind.kind} {name}", item.place, tuple(about), tuple(found))


def _resources(asked: ExplainRequest) -> Iterator[Object]:
    for item in _manifests(asked.resources):
        yield item.object


def _requests(asked: ExplainRequest) -> Iterator[tuple[str, AdmissionRequest]]:
    for item in _manifests(asked.resources):
        yield f"{item.place} {item.object.get('kind')}/{_name(item.object)}", created(item.object, asked.namespace)
    for item in _manifests(asked.reviews):
        request = admission_review.request(item.object)
        yield f"{item.place} {request.operation} {request.kind.kind}/{request.name}", request


def _manifests(paths: Sequence[Path]) -> list[Manifest]:
    found, problems = own_policies.manifests(paths)
    if problems:
        raise problems[0]
    return found
