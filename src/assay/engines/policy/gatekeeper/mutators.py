"""Assign, AssignMetadata, ModifySet and AssignImage (mutations.gatekeeper.sh v1, v1beta1, v1alpha1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.gatekeeper import image_parts
from assay.engines.policy.gatekeeper.image_parts import ImageParts
from assay.engines.policy.gatekeeper.locations import MUST_NOT_EXIST, Element, Field, Location, PathTests, parse
from assay.engines.policy.gatekeeper.matching import Match, Target
from assay.engines.policy.gatekeeper.setting import Assigned, Image, Setter, Values
from assay.errors import Malformed
from assay.model.policy import GroupVersionKind, Object

GROUP = "mutations.gatekeeper.sh"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
OPERATIONS = ("CREATE", "UPDATE")
_FAILURES = ("Fail", "Ignore", "UseDefault")


@dataclass(frozen=True, slots=True)
class External:
    """A value that a provider gives for what is there, or for the user's name."""

    provider: str
    source: str
    failure: str
    default: str


@dataclass(frozen=True, slots=True)
class FromMetadata:
    """A value out of the object's own metadata."""

    field: str


@dataclass(frozen=True, slots=True)
class ApplyTo:
    """The kinds and operations that a mutator is bound to."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    kinds: tuple[str, ...]
    operations: tuple[str, ...] = OPERATIONS

    def takes(self, kind: GroupVersionKind, operation: str) -> bool:
        """Whether an object of `kind` is among them; an empty operation needs all."""
        return (
            kind.group in self.groups
            and kind.version in self.versions
            and kind.kind in self.kinds
            and (operation in self.operations if operation else set(OPERATIONS) <= set(self.operations))
        )


@dataclass(frozen=True, slots=True)
class Mutator:
    """One mutator; `what` is its setter, or where the value that it sets comes from."""

    kind: str
    name: str
    apply_to: tuple[ApplyTo, ...] | None
    match: Match
    location: Location
    tests: PathTests
    what: Setter | External | FromMetadata

    @property
    def title(self) -> str:
        """``KIND/NAME``."""
        return f"{self.kind}/{self.name}"

    def takes(self, target: Target, operation: str) -> bool:
        """Whether it is for `target`; raises `Malformed` where a namespace had to be known."""
        kind = GroupVersionKind.of(target.object)
        bound = self.apply_to is None or any(item.takes(kind, operation) for item in self.apply_to)
        return bound and self.match.takes(target)


def load(item: Object, place: str) -> Mutator:
    """Raises `Malformed` for a mutator that Gatekeeper would refuse."""
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    kind = GroupVersionKind.of(item)
    if kind.version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{kind.version or 'no version'} is none of {', '.join(VERSIONS)}")
    name = text(mapping(item, "metadata", place), "name", f"{place}: metadata")
    if not 0 < len(name) <= 63:
        wrong(f"{place}: metadata.name", "a name of 1 to 63 characters is needed")
    spec, place = mapping(item, "spec", place), f"{place}: spec"
    bound = kind.kind != "AssignMetadata"
    only(spec, ("match", "location", "parameters", *(("applyTo",) if bound else ())), place)
    location = _location(spec, kind.kind, place)
    parameters, inner = mapping(spec, "parameters", place), f"{place}.parameters"
    apply_to = tuple(_apply_to(entry, where) for entry, where in objects(spec, "applyTo", place))
    if bound and not apply_to:
        wrong(f"{place}.applyTo", "must be there")
    tests = PathTests.load(parameters, location, inner) if bound else PathTests({len(location) - 1: MUST_NOT_EXIST})
    what = _KINDS[kind.kind](parameters, location, inner)
    return Mutator(kind.kind, name, apply_to if bound else None, Match.load(spec, place), location, tests, what)


def _location(spec: Object, kind: str, place: str) -> Location:
    try:
        location = parse(text(spec, "location", place))
    except Malformed as error:
        wrong(f"{place}.location", error.what)
    place = f"{place}.location"
    if kind == "AssignMetadata":
        below = [node.name for node in location if isinstance(node, Field)]
        if (
            len(below) != 3
            or len(location) != 3
            or below[:2] not in (["metadata", "labels"], ["metadata", "annotations"])
        ):
            wrong(place, "must be metadata.labels.NAME or metadata.annotations.NAME")
        return location
    if location[0] == Field("metadata"):
        wrong(place, f"{kind} cannot change metadata")
    last, before = location[-1], location[-2] if len(location) > 1 else None
    if isinstance(before, Element) and isinstance(last, Field) and last.name == before.key:
        wrong(place, "the key of an element cannot be changed")
    if isinstance(last, Element) and (kind != "Assign" or last.value is None):
        wrong(place, "must not end in a list" if kind != "Assign" else "must not end in every element of a list")
    return location


def _apply_to(item: Object, place: str) -> ApplyTo:
    only(item, ("groups", "versions", "kinds", "operations"), place)
    parts = [texts(item, name, place) for name in ("groups", "versions", "kinds")]
    if not all(parts):
        wrong(place, "groups, versions and kinds must be there")
    operations = texts(item, "operations", place)
    if (
        len({*operations}) != len(operations)
        or not {*operations} <= {*OPERATIONS, "*"}
        or ("*" in operations and len(operations) > 1)
    ):
        wrong(f"{place}.operations", "must be CREATE, UPDATE or *, each once")
    return ApplyTo(parts[0], parts[1], parts[2], OPERATIONS if operations in ((), ("*",)) else operations)


def _assign(parameters: Object, location: Location, place: str) -> Setter | External | FromMetadata:
    only(parameters, ("assign", "pathTests"), place)
    return _assigned(mapping(parameters, "assign", place), location, f"{place}.assign")


def _metadata(parameters: Object, location: Location, place: str) -> Setter | External | FromMetadata:
    only(parameters, ("assign",), place)
    found = _assigned(mapping(parameters, "assign", place), location, f"{place}.assign")
    if isinstance(found, Assigned) and not isinstance(found.value, str):
        wrong(f"{place}.assign.value", "must be a text")
    if isinstance(found, External) and found.source != "Username":
        wrong(f"{place}.assign.externalData.dataSource", "must be Username")
    return found


def _assigned(item: Object, location: Location, place: str) -> Setter | External | FromMetadata:
    only(item, ("value", "fromMetadata", "externalData"), place)
    given = [name for name in item if item[name] is not None]
    if len(given) != 1:
        wrong(place, "must have one of value, fromMetadata and externalData")
    last = location[-1]
    if given == ["value"]:
        value = item["value"]
        if isinstance(last, Element) and (not isinstance(value, dict) or value.get(last.key) != last.value):
            wrong(f"{place}.value", f"must be an object whose {last.key} is {last.value!r}")
        return Assigned(value)
    if isinstance(last, Element):
        wrong(place, "only a value can be an element of a list")
    if given == ["fromMetadata"]:
        inner = mapping(item, "fromMetadata", place)
        only(inner, ("field",), f"{place}.fromMetadata")
        return FromMetadata(text(inner, "field", f"{place}.fromMetadata", ("name", "namespace")))
    return _external(mapping(item, "externalData", place), f"{place}.externalData")


def _external(item: Object, place: str) -> External:
    only(item, ("provider", "dataSource", "failurePolicy", "default"), place)
    source = text(item, "dataSource", place, ("ValueAtLocation", "Username"), "ValueAtLocation")
    failure, default = text(item, "failurePolicy", place, _FAILURES, "Fail"), text(item, "default", place)
    if failure == "UseDefault" and not default:
        wrong(f"{place}.default", "must be there where failurePolicy is UseDefault")
    return External(text(item, "provider", place), source, failure, default)


def _modify_set(parameters: Object, _location: Location, place: str) -> Setter:
    only(parameters, ("operation", "values", "pathTests"), place)
    operation = text(parameters, "operation", place, ("merge", "prune"), "merge")
    values = mapping(parameters, "values", place)
    only(values, ("fromList",), f"{place}.values")
    found = values.get("fromList") or []
    if not isinstance(found, list):
        wrong(f"{place}.values.fromList", "not a list")
    return Values(found, operation == "merge")


def _assign_image(parameters: Object, _location: Location, place: str) -> Setter:
    only(parameters, ("assignDomain", "assignPath", "assignTag", "pathTests"), place)
    parts = ImageParts(*(text(parameters, name, place) for name in ("assignDomain", "assignPath", "assignTag")))
    try:
        image_parts.check(parts)
    except Malformed as error:
        wrong(place, error.what)
    return Image(parts)


_KINDS: Mapping[str, Callable[[Object, Location, str], Setter | External | FromMetadata]] = {
    "Assign": _assign,
    "AssignMetadata": _metadata,
    "ModifySet": _modify_set,
    "AssignImage": _assign_image,
}
KINDS = frozenset(_KINDS)


def conflicts(found: Sequence[Mutator]) -> dict[str, str]:
    """Mutators that take a part of one kind for different things, each with the one that it contradicts."""
    seen: dict[tuple[Any, ...], tuple[str, str]] = {}
    wrongs: dict[str, str] = {}
    for mutator in found:
        for key, shape in _shapes(mutator):
            known = seen.setdefault(key, (shape, mutator.title))
            if known[0] != shape:
                wrongs[mutator.title], wrongs[known[1]] = known[1], mutator.title
    return wrongs


def _shapes(mutator: Mutator) -> list[tuple[tuple[Any, ...], str]]:
    """For every kind and operation, what each part of the location is taken for."""
    bound = [
        (group, version, kind, operation)
        for item in mutator.apply_to or ()
        for group in item.groups
        for version in item.versions
        for kind in item.kinds
        for operation in item.operations
    ]
    return [((key, prefix), shape) for key in bound for prefix, shape in _parts(mutator)]


def _parts(mutator: Mutator) -> list[tuple[tuple[str, ...], str]]:
    prefix: tuple[str, ...] = ()
    found: list[tuple[tuple[str, ...], str]] = []
    for node, following in zip(mutator.location, [*mutator.location[1:], None], strict=True):
        prefix = (*prefix, node.name if isinstance(node, Field) else "[]")
        if isinstance(following, Element):
            found.append((prefix, f"list by {following.key}"))
        elif following is not None:
            found.append((prefix, "object"))
        elif isinstance(node, Field) and mutator.kind in ("ModifySet", "AssignImage"):
            found.append((prefix, "set" if mutator.kind == "ModifySet" else "text"))
    return found
