"""The file of a test: what it names, and what it expects, in the forms of now and of old.

Example::

    apiVersion: cli.kyverno.io/v1alpha1
    kind: Test
    metadata: {name: labels}
    policies: [policy.yaml]
    resources: [resource.yaml]
    results: [{policy: labels, rule: app, kind: Pod, resources: [good], result: pass}]
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assay.engines.policy.cel.fields import mapping, objects, text, texts, wrong
from assay.errors import Malformed
from assay.formats import manifest
from assay.formats.manifest import Manifest
from assay.model.policy import Object, Operation, Outcome

Reader = Callable[[str], bytes]
_GROUPS = ("cli.kyverno.io/", "kyverno.io/")
_FLAGS = {
    "isvalidatingadmissionpolicy": "ValidatingAdmissionPolicy",
    "ismutatingadmissionpolicy": "MutatingAdmissionPolicy",
    "isvalidatingpolicy": "ValidatingPolicy",
    "isimagevalidatingpolicy": "ImageValidatingPolicy",
    "ismutatingpolicy": "MutatingPolicy",
    "isgeneratingpolicy": "GeneratingPolicy",
    "isdeletingpolicy": "DeletingPolicy",
}
_OUTCOMES = tuple(str(outcome) for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry of ``results``, for one resource; `resource` is empty where the entry names none."""

    policy: str
    rule: str
    kind: str
    resource: str
    outcome: str
    operation: str = ""
    patched: str = ""
    generated: str = ""
    source: str = ""
    policy_kind: str = ""
    specification: Object = field(default_factory=dict)
    """An entry of ``resourceSpecs``: group, version, namespace, name."""

    @property
    def case(self) -> str:
        """For people."""
        return "/".join(part for part in (self.policy, self.rule, self.kind, self.resource) if part)


@dataclass(frozen=True, slots=True)
class TestFile:
    """A test, with paths as it writes them."""

    item: Object
    place: str
    folder: str
    read: Reader

    @property
    def name(self) -> str:
        """Of the test; of old at the top of the file."""
        return str(mapping(self.item, "metadata", self.place).get("name") or self.item.get("name") or "")

    def manifests(self, field: str) -> list[Manifest]:
        """The objects of all files that `field` names."""
        return [found for path in self._paths(field) for found in self.load(path)]

    def _paths(self, field: str) -> Iterable[str]:
        value = self.item.get(field)
        return (value,) if isinstance(value, str) and value else texts(self.item, field, self.place)

    def load(self, path: str) -> list[Manifest]:
        """The objects of a file, or of all that a list of paths names."""
        return manifest.read(self.content(path), self.path(path))

    def path(self, path: str) -> str:
        """A path as seen from where the tests are."""
        return posixpath.normpath(posixpath.join(self.folder, path))

    def content(self, path: str) -> bytes:
        """The bytes of a file."""
        if "://" in path:
            raise Malformed(f"{self.place}: {path:.200} is no file", "tests run without a network: name files")
        return self.read(self.path(path))

    def payloads(self, field: str) -> list[tuple[str, Any]]:
        """The documents of JSON files."""
        from assay.formats import json

        return [(path, json.load(self.content(path))) for path in self._paths(field)]

    def one(self, field: str) -> Object:
        """The object in a file, its ``spec`` where it has one; empty where `field` names none."""
        found = self.manifests(field)
        if not found:
            return {}
        item = found[0].object
        inner = item.get("spec")
        return inner if isinstance(inner, dict) else item

    def expected(self) -> Iterator[Expected]:
        """What is expected; raises `Malformed` for an entry that says nothing."""
        for item, where in objects(self.item, "results", self.place):
            yield from _expected(item, where)


def is_test(item: Object) -> bool:
    """Whether a manifest is a test."""
    version = str(item.get("apiVersion") or "")
    if item.get("kind") == "Test":
        return version.startswith(_GROUPS) or not version
    return not item.get("kind") and "policies" in item and "results" in item


def load(found: Manifest, read: Reader) -> TestFile:
    """The test in a manifest."""
    return TestFile(found.object, found.place, posixpath.dirname(found.file), read)


def _expected(item: Object, place: str) -> Iterator[Expected]:
    outcome = text(item, "result", place) or text(item, "status", place)
    if outcome not in _OUTCOMES:
        wrong(f"{place}.result", f"{outcome!r:.40} is none of {', '.join(_OUTCOMES)}")
    kinds = [kind for flag, kind in _FLAGS.items() if any(key.lower() == flag and item[key] is True for key in item)]
    base = Expected(
        text(item, "policy", place),
        text(item, "rule", place),
        text(item, "kind", place),
        "",
        outcome,
        text(item, "operation", place, ("", *Operation)),
        text(item, "patchedResources", place) or text(item, "patchedResource", place),
        text(item, "generatedResource", place),
        text(item, "cloneSourceResource", place),
        kinds[0] if kinds else "",
    )
    namespace = text(item, "namespace", place)
    names = [*texts(item, "resources", place), *([item["resource"]] if item.get("resource") else [])]
    for name in names:
        yield _with(base, resource=f"{namespace}/{name}" if namespace and "/" not in name else name)
    for specification, _ in objects(item, "resourceSpecs", place):
        yield _with(base, resource=str(specification.get("name") or ""), specification=specification)
    if not names and not item.get("resourceSpecs"):
        yield base


def _with(base: Expected, **changes: Any) -> Expected:
    from dataclasses import replace

    return replace(base, **changes)
