"""The policies of a test, of all kinds that Kyverno's command tries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assay.engines.policy.kubernetes import loading as kubernetes
from assay.engines.policy.kyverno import loading as classic
from assay.engines.policy.kyverno.odd import mapping, metadata
from assay.engines.policy.kyverno_cel import loading as cel
from assay.engines.policy.kyverno_test.reading import TestFile
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object


@dataclass(frozen=True, slots=True)
class Held:
    """A policy that was loaded; `name` is ``NAMESPACE/NAME`` of one that lives in a namespace."""

    name: str
    kind: str
    policy: Any
    scored: bool
    """Whether its failures are more than warnings (annotation ``policies.kyverno.io/scored``)."""
    item: Object = field(default_factory=dict)
    """As it is written."""


@dataclass(slots=True)
class Policies:
    """Those that could be loaded, and why others could not, by name."""

    held: list[Held] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def load_all(test: TestFile) -> Policies:
    """The policies of a test with its exceptions; raises `InputError` for files that are not there."""
    manifests = test.manifests("policies")
    others = (*manifests, *test.manifests("exceptions"))
    found = Policies()
    for item in manifests:
        if not is_policy(item.object):
            continue
        name, kind = _name(item.object), GroupVersionKind.of(item.object).kind
        try:
            policy = _load(item, others)
        except AssayError as error:
            found.problems[name] = error.what
            continue
        found.held.append(Held(name, kind.removeprefix("Namespaced"), policy, _scored(item.object), item.object))
    return found


def is_policy(item: Object) -> bool:
    """Whether it is a policy of any kind."""
    return classic.is_policy(item) or cel.is_policy(item) or kubernetes.is_policy(item)


def _load(item: Manifest, others: tuple[Manifest, ...]) -> Any:
    if classic.is_policy(item.object):
        return classic.load(item, others, everywhere=True)
    if cel.is_policy(item.object):
        return cel.load(item, others, everywhere=True)
    return kubernetes.load(item, others, unbound=True, listed=True)


def _name(item: Object) -> str:
    about = metadata(item)
    return "/".join(str(about[part]) for part in ("namespace", "name") if about.get(part))


def _scored(item: Object) -> bool:
    return mapping(metadata(item).get("annotations")).get("policies.kyverno.io/scored") != "false"
