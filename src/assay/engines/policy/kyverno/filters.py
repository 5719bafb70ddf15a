"""Which requests a rule is about: ``match`` and ``exclude``.

Example: ``match: {any: [{resources: {kinds: [Pod], namespaces: ["team-*"], operations: [CREATE]}, subjects: [...]}]}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.engines.policy import selectors, wildcards
from assay.engines.policy.kyverno import kinds, subjects
from assay.engines.policy.kyverno.odd import labels, mapping, metadata
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object

Filter = Mapping[str, Any]


@dataclass(slots=True)
class Subject:
    """A request as filters see it, with one of its objects."""

    request: AdmissionRequest
    world: World
    item: Object
    _labels: Mapping[str, str] | None = None

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of the object."""
        return metadata(self.item)

    @property
    def kind(self) -> GroupVersionKind:
        """Of the request, else of the object."""
        return self.request.kind if self.request.kind.kind else GroupVersionKind.of(self.item)

    def name(self) -> str:
        """Of the object; what it is to be generated from where it has none."""
        return str(self.metadata.get("name") or self.metadata.get("generateName") or "")

    def namespace(self) -> str:
        """Where it lives; of a Namespace its own name."""
        if self.kind.kind == "Namespace" and not self.kind.group:
            return str(self.metadata.get("name") or "")
        return str(self.metadata.get("namespace") or self.request.namespace or "")

    def namespace_labels(self) -> Mapping[str, str]:
        """Labels of the namespace it lives in."""
        if self._labels is None:
            found = self.world.namespace(str(self.metadata.get("namespace") or self.request.namespace or ""))
            self._labels = labels(found or {})
        return self._labels


def takes(match: Filter | None, exclude: Filter | None, request: AdmissionRequest, world: World) -> bool:
    """Whether a rule is about a request; of an update, about the object as it is or as it was."""
    items = [item for item in (request.object, request.old_object) if item]
    return any(_takes(match or {}, exclude or {}, Subject(request, world, item)) for item in items)


def _takes(match: Filter, exclude: Filter, subject: Subject) -> bool:
    return matches(match, subject) and not excludes(exclude, subject)


def matches(match: Filter, subject: Subject) -> bool:
    """Whether ``match`` takes it; users count only where somebody asks."""
    if match.get("any"):
        return any(_block(block, subject, matching=True) for block in match["any"])
    if match.get("all"):
        return all(_block(block, subject, matching=True) for block in match["all"])
    return _block(match, subject, matching=True)


def excludes(exclude: Filter, subject: Subject) -> bool:
    """Whether ``exclude`` takes it."""
    if exclude.get("any"):
        return any(_block(block, subject, matching=False) for block in exclude["any"])
    if exclude.get("all"):
        return all(_block(block, subject, matching=False) for block in exclude["all"])
    return _block(exclude, subject, matching=False)


def _block(block: Filter, subject: Subject, *, matching: bool) -> bool:
    resources = block.get("resources") or {}
    users = any(block.get(part) for part in ("roles", "clusterRoles", "subjects"))
    if matching and users and subjects.is_nobody(subject.request):
        users = False
    if not resources and not users:
        return False
    return _resources(resources, subject) and (not users or subjects.takes(block, subject.request, subject.world))


def _resources(wanted: Mapping[str, Any], subject: Subject) -> bool:
    request = subject.request
    if wanted.get("kinds") and not kinds.any_takes(wanted["kinds"], subject.kind, request.sub_resource):
        return False
    if wanted.get("operations") and str(request.operation) not in wanted["operations"]:
        return False
    names = [*([wanted["name"]] if wanted.get("name") else []), *(wanted.get("names") or [])]
    if names and not wildcards.any_match(names, subject.name()):
        return False
    if wanted.get("namespaces") and not wildcards.any_match(wanted["namespaces"], subject.namespace()):
        return False
    annotations = wanted.get("annotations") or {}
    if annotations and not _has_all(annotations, mapping(subject.metadata.get("annotations"))):
        return False
    if wanted.get("selector") and not selects(wanted["selector"], labels(subject.item)):
        return False
    return _in_namespace(wanted.get("namespaceSelector"), subject)


def _in_namespace(selector: Mapping[str, Any] | None, subject: Subject) -> bool:
    if not selector or (subject.kind.kind == "Namespace" and not subject.kind.group):
        return True
    return selects(selector, subject.namespace_labels())


def _has_all(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    return all(
        any(wildcards.match(key, name) and wildcards.match(str(value), str(found)) for name, found in given.items())
        for key, value in wanted.items()
    )


def selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a label selector, which may have wildcards, takes `labels`."""
    return selectors.selects(selector, {str(key): str(value) for key, value in labels.items()}, wildcards.match)
