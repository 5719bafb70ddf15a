"""Which requests and images a policy is about: wildcards in names, globs in images, selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from assay.engines.policy.native import containers
from assay.engines.policy.native.loading import glob
from assay.engines.policy.selectors import selects
from assay.engines.policy.wildcards import match as like
from assay.engines.policy.world import World
from assay.formats.image_reference import ImageReference
from assay.model.assay_policy import AssayPolicy, Scope
from assay.model.policy import AdmissionRequest, Object, Operation

_IGNORED = frozenset(("status", "scale", "binding", "eviction", "log", "exec", "attach", "portforward", "proxy"))
"""Sub-resources whose requests change no image."""


@lru_cache(1024)
def _glob(pattern: str) -> Any:
    """With RE2, so that no pattern takes for ever."""
    import re2

    return re2.compile(glob(pattern))


def concerns(policy: AssayPolicy, request: AdmissionRequest, world: World) -> bool:
    """Whether the policy has something to say about a request."""
    scope = policy.scope
    if request.operation not in (Operation.CREATE, Operation.UPDATE) or request.operation not in scope.operations:
        return False
    item = request.object
    if item is None or request.sub_resource in _IGNORED or not _in_kinds(scope, request):
        return False
    if request.operation is Operation.UPDATE and _metadata(request.old_object).get("deletionTimestamp") is not None:
        return False  # what is being deleted runs nothing new, and must be able to go; whoever asks cannot say so
    namespace = request.namespace or str(_metadata(item).get("namespace") or "")
    if scope.namespaces and not _any(scope.namespaces, namespace):
        return False
    if _any(scope.not_namespaces, namespace) or not selects(scope.selector, _labels(item)):
        return False
    return scope.namespace_selector is None or selects(scope.namespace_selector, _labels(world.namespace(namespace)))


def _in_kinds(scope: Scope, request: AdmissionRequest) -> bool:
    kind = request.kind.kind or str((request.object or {}).get("kind", ""))
    if scope.kinds:
        return kind in scope.kinds
    return containers.at(request.object, containers.pod_path(request.object or {})) is not None


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(like(pattern, text) for pattern in patterns)


def _metadata(item: Object | None) -> Mapping[str, Any]:
    found = (item or {}).get("metadata")
    return found if isinstance(found, dict) else {}


def _labels(item: Object | None) -> Mapping[str, str]:
    found = _metadata(item).get("labels")
    return found if isinstance(found, dict) else {}


def takes_image(scope: Scope, image: ImageReference) -> bool:
    """Whether the policy is about an image; patterns without a tag are about all of a name.

    Other spellings of the same registry are no way around a policy.
    """
    names = spellings(image)
    if scope.images and not any(_fits(pattern, names) for pattern in scope.images):
        return False
    return not any(_fits(pattern, names) for pattern in scope.not_images)


_SAME = {"registry-1.docker.io": "docker.io", "registry.hub.docker.com": "docker.io", "hub.docker.com": "docker.io"}


@lru_cache(2048)
def spellings(image: ImageReference) -> tuple[str, ...]:
    """The names that patterns may name an image by: with its tag and without, and with the usual name of its host."""
    host = image.host.removesuffix(":443")
    hosts = dict.fromkeys((image.host, host, _SAME.get(host, host)))
    names = [f"{host}/{image.repository}" for host in hosts]
    return (*names, *(f"{name}:{image.tag}" for name in names if image.tag))


@lru_cache(4096)
def _fits(pattern: str, names: tuple[str, ...]) -> bool:
    return any(_glob(pattern).fullmatch(name) is not None for name in names)


def from_registry(allowed: Iterable[str], image: ImageReference) -> bool:
    """Whether an image comes from one of these registries, or from below one of these names."""
    return any(image.name == item or image.name.startswith(item.rstrip("/") + "/") for item in allowed)
