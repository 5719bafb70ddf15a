"""The way down a location, and what is done at its end; the object is changed in place."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assay.engines.policy.gatekeeper import image_parts
from assay.engines.policy.gatekeeper.image_parts import ImageParts
from assay.engines.policy.gatekeeper.locations import Element, Field, Location, PathTests
from assay.errors import Malformed


class Setter(Protocol):
    """What is done with the field at the end of a location."""

    def set(self, parent: dict[str, Any], name: str) -> None:
        """Change ``parent[name]``; raises `Malformed` where that is of the wrong type."""
        ...

    def element(self) -> dict[str, Any]:
        """The value of a whole element of a list; raises `Malformed` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Assigned:
    """A value put in place of what is there."""

    value: Any

    def set(self, parent: dict[str, Any], name: str) -> None:
        """See `Setter`."""
        parent[name] = copy.deepcopy(self.value)

    def element(self) -> dict[str, Any]:
        """See `Setter`."""
        if not isinstance(self.value, dict):
            raise Malformed("the value for an element of a list is no object")
        return copy.deepcopy(self.value)


@dataclass(frozen=True, slots=True)
class Values:
    """Values put into a list that is a set, or taken out of it."""

    values: Sequence[Any]
    merges: bool

    def set(self, parent: dict[str, Any], name: str) -> None:
        """See `Setter`."""
        found = parent.get(name, [] if self.merges else None)
        if name not in parent and not self.merges:
            return
        if not isinstance(found, list):
            raise Malformed(f"{name} is no list, and cannot be taken for a set")
        if self.merges:
            parent[name] = [*found, *copy.deepcopy([value for value in self.values if value not in found])]
        else:
            parent[name] = [value for value in found if value not in self.values]

    def element(self) -> dict[str, Any]:
        """See `Setter`."""
        raise Malformed("a set cannot be an element of a list")


@dataclass(frozen=True, slots=True)
class Image:
    """Parts of an image reference put in place of its own."""

    parts: ImageParts

    def set(self, parent: dict[str, Any], name: str) -> None:
        """See `Setter`."""
        found = parent.get(name, "")
        if not isinstance(found, str):
            raise Malformed(f"{name} is no text, and cannot be taken for an image")
        parent[name] = str(image_parts.split(found).replaced(self.parts))

    def element(self) -> dict[str, Any]:
        """See `Setter`."""
        raise Malformed("an image cannot be an element of a list")


def apply(item: dict[str, Any], location: Location, tests: PathTests, setter: Setter) -> bool:
    """Whether `setter` came to do its work somewhere; raises `Malformed` where the object is of another shape."""
    return _Walk(location, tests, setter).down(item, 0)


@dataclass(frozen=True, slots=True)
class _Walk:
    location: Location
    tests: PathTests
    setter: Setter

    def down(self, current: Any, depth: int) -> bool:
        node = self.location[depth]
        if isinstance(node, Field):
            if not isinstance(current, dict):
                raise Malformed(f"{node.name}: there is {type(current).__name__}, not an object")
            return self._field(current, node, depth)
        if not isinstance(current, list):
            raise Malformed(f"[{node.key}: ...]: there is {type(current).__name__}, not a list")
        return self._element(current, node, depth)

    def _field(self, current: dict[str, Any], node: Field, depth: int) -> bool:
        exists = node.name in current
        if not (self.tests.may_exist(depth) if exists else self.tests.may_be_missing(depth)):
            return False
        if depth == len(self.location) - 1:
            self.setter.set(current, node.name)
            return True
        below = current[node.name] if exists else self._made(depth)
        changed = self.down(below, depth + 1)
        if changed:
            current[node.name] = below
        return changed

    def _element(self, current: list[Any], node: Element, depth: int) -> bool:
        if depth == len(self.location) - 1:
            return self._whole(current, node, depth)
        if node.value is None:
            return self.tests.may_exist(depth) and self._each(current, depth)
        found = [item for item in current if isinstance(item, dict) and _is(item.get(node.key), node.value)]
        if found:
            return self.tests.may_exist(depth) and self._each(found, depth)
        if not self.tests.may_be_missing(depth):
            return False
        made = self._made(depth)
        changed = self.down(made, depth + 1)
        if changed:
            current.append(made)
        return changed

    def _each(self, found: Sequence[Any], depth: int) -> bool:
        """Whether anything was done in any of `found`; all are visited."""
        done = [self.down(item, depth + 1) for item in found]
        return any(done)

    def _whole(self, current: list[Any], node: Element, depth: int) -> bool:
        value = self.setter.element()
        if not _is(value.get(node.key), node.value):
            raise Malformed(f"the key {node.key} of an element must not change")
        for number, item in enumerate(current):
            if isinstance(item, dict) and _is(item.get(node.key), node.value):
                if self.tests.may_exist(depth):
                    current[number] = value
                return self.tests.may_exist(depth)
        if self.tests.may_be_missing(depth):
            current.append(value)
        return self.tests.may_be_missing(depth)

    def _made(self, depth: int) -> Any:
        """What is missing at `depth`, as the next part of the location needs it."""
        node, following = self.location[depth], self.location[depth + 1]
        if isinstance(following, Element):
            return []
        return {node.key: node.value} if isinstance(node, Element) else {}


def _is(found: Any, wanted: Any) -> bool:
    return type(found) is type(wanted) and bool(found == wanted)
