"""ExpansionTemplate (expansion.gatekeeper.sh): what a generator will make, judged together with the generator."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.gatekeeper.constraints import ACTIONS
from assay.engines.policy.gatekeeper.matching import GENERATED, Target
from assay.engines.policy.gatekeeper.mutation import Mutators
from assay.engines.policy.gatekeeper.mutators import ApplyTo
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.policy import GroupVersionKind, Object

GROUP = "expansion.gatekeeper.sh"
VERSIONS = ("v1beta1", "v1alpha1")
MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Expansion:
    """One template: what `apply_to` names makes an object of `kind` out of its field `source`."""

    name: str
    apply_to: tuple[ApplyTo, ...]
    source: tuple[str, ...]
    kind: GroupVersionKind
    action: str = ""

    def takes(self, kind: GroupVersionKind) -> bool:
        """Whether it expands objects of `kind`."""
        return any(entry.takes(kind, "CREATE") for entry in self.apply_to)


class Resultant(NamedTuple):
    """An object that would be made, by which template, and the enforcement action that it asks for."""

    object: Object
    template: str
    action: str


def load(item: Object, place: str) -> Expansion:
    """Raises `Malformed`."""
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    version = GroupVersionKind.of(item).version
    if version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{version or 'no version'} is none of {', '.join(VERSIONS)}")
    name = text(mapping(item, "metadata", place), "name", f"{place}: metadata")
    if not 0 < len(name) < 64:
        wrong(f"{place}: metadata.name", "a name of 1 to 63 characters is needed")
    spec, place = mapping(item, "spec", place), f"{place}: spec"
    only(spec, ("applyTo", "templateSource", "generatedGVK", "enforcementAction"), place)
    made = mapping(spec, "generatedGVK", place)
    only(made, ("group", "version", "kind"), f"{place}.generatedGVK")
    kind = GroupVersionKind(*(text(made, part, f"{place}.generatedGVK") for part in ("group", "version", "kind")))
    source = text(spec, "templateSource", place)
    bound = tuple(_apply_to(entry, where) for entry, where in objects(spec, "applyTo", place))
    if not source or not any(kind) or not bound:
        wrong(place, "applyTo, templateSource and generatedGVK must be there")
    if any(entry.takes(kind, "CREATE") for entry in bound):
        wrong(f"{place}.applyTo", "it would expand what it makes itself")
    action = text(spec, "enforcementAction", place, ("", *ACTIONS))
    return Expansion(name, bound, tuple(source.split(".")), kind, action)


def _apply_to(item: Object, place: str) -> ApplyTo:
    only(item, ("groups", "versions", "kinds"), place)
    return ApplyTo(*(texts(item, name, place) for name in ("groups", "versions", "kinds")))


@dataclass(frozen=True, slots=True)
class Expander:
    """All templates, and the mutators that work on what they make."""

    expansions: tuple[Expansion, ...] = ()
    mutators: Mutators = field(default_factory=Mutators)

    def expand(self, item: Object, namespace: Object | None, world: World, username: str = "") -> list[Resultant]:
        """What `item` would make, and what that would make; raises `Malformed`."""
        return [*self._expand(item, namespace, world, username, 0)] if self.expansions else []

    def _expand(
        self, item: Object, namespace: Object | None, world: World, username: str, depth: int
    ) -> Iterator[Resultant]:
        if depth >= MAX_DEPTH:
            raise Malformed(f"ExpansionTemplates expand each other over {MAX_DEPTH} times")
        kind = GroupVersionKind.of(item)
        for expansion in self.expansions:
            if not expansion.takes(kind):
                continue
            made = _made(item, namespace, expansion)
            change = self.mutators.apply(Target(made, namespace, GENERATED), "", world, username)
            found = made if change is None else change.object
            yield from self._expand(found, namespace, world, username, depth + 1)
            yield Resultant(found, expansion.name, expansion.action)


def cycle(found: Sequence[Expansion]) -> list[str]:
    """The names of templates that expand each other in a circle."""
    edges = {one.name: [two.name for two in found if two.takes(one.kind)] for one in found}
    return sorted(name for name in edges if _reaches(edges, name))


def _reaches(edges: dict[str, list[str]], start: str) -> bool:
    seen, pending = set[str](), [*edges[start]]
    while pending:
        name = pending.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            pending += edges[name]
    return False


def _made(parent: Object, namespace: Object | None, expansion: Expansion) -> Object:
    """The object out of the generator's field, named after the generator, and owned by it."""
    found: object = parent
    for part in expansion.source:
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        name = (parent.get("metadata") or {}).get("name")
        raise Malformed(f"ExpansionTemplate {expansion.name}: {name} has no field {'.'.join(expansion.source)}")
    made: Object = {**copy.deepcopy(found), "apiVersion": expansion.kind.api_version, "kind": expansion.kind.kind}
    metadata, above = dict(made.get("metadata") or {}), parent.get("metadata") or {}
    home = (namespace.get("metadata") or {}).get("name") if namespace else above.get("namespace")
    if home:
        metadata["namespace"] = home
    metadata["name"] = f"{above.get('name') or ''}-{expansion.kind.kind}".lower()
    made["metadata"] = _owned(metadata, parent)
    return made


def _owned(metadata: Object, parent: Object) -> Object:
    owner: Object = {"apiVersion": parent.get("apiVersion"), "kind": parent.get("kind")}
    owner["name"] = (parent.get("metadata") or {}).get("name")
    known = metadata.get("ownerReferences") or []
    if not all(owner.values()) or any(owner.items() <= item.items() for item in known if isinstance(item, dict)):
        return metadata
    return {**metadata, "ownerReferences": [*known, {**owner, "uid": ""}]}
