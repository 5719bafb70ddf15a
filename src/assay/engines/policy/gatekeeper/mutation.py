"""All mutators together: in the order of their kinds and names, again and again until nothing changes any more."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assay.engines.policy.gatekeeper import providers, setting
from assay.engines.policy.gatekeeper.matching import Target
from assay.engines.policy.gatekeeper.mutators import External, FromMetadata, Mutator
from assay.engines.policy.gatekeeper.providers import Provider
from assay.engines.policy.gatekeeper.setting import Assigned, Setter
from assay.engines.policy.world import World
from assay.errors import AssayError, Malformed
from assay.model.policy import Object


class _Wanted(NamedTuple):
    """Stands in an object for what a provider will give."""

    external: External
    key: str


class _Placeholder:
    """Puts a `_Wanted` where the value goes; the value that is there is the key."""

    __slots__ = ("_external", "_username")

    def __init__(self, external: External, username: str) -> None:
        self._external, self._username = external, username

    def set(self, parent: dict[str, Any], name: str) -> None:
        """See `setting.Setter`."""
        if self._external.source == "Username":
            parent[name] = _Wanted(self._external, self._username)
            return
        found = parent.get(name, "")
        if isinstance(found, _Wanted):
            found = found.key
        if not isinstance(found, str):
            raise Malformed(f"{name} is no text, and cannot be asked of a provider")
        parent[name] = _Wanted(self._external, found)

    def element(self) -> dict[str, Any]:
        """See `setting.Setter`."""
        raise Malformed("what a provider gives cannot be an element of a list")


class Change(NamedTuple):
    """What came out: the object, and the mutators that changed it."""

    object: Object
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mutators:
    """Mutators in their order."""

    mutators: tuple[Mutator, ...] = ()
    providers: Mapping[str, Provider] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Sequence[Mutator], known: Mapping[str, Provider]) -> Mutators:
        """Sorted as Gatekeeper applies them: by kind, then by name."""
        return cls(tuple(sorted(found, key=lambda item: (item.kind, item.name))), known)

    def apply(self, target: Target, operation: str, world: World, username: str = "") -> Change | None:
        """The object as they leave it, None where they leave it as it is.

        Raises `Malformed` where the object is of another shape or the mutators do not come to an end,
        `ExternalError` where a provider had to answer.
        """
        item = copy.deepcopy(target.object)
        applied: dict[str, None] = {}
        for _ in range(len(self.mutators) + 1):
            before = copy.deepcopy(item)
            for mutator in self.mutators:
                if self._one(mutator, target._replace(object=item), operation, username):
                    applied[mutator.title] = None
            if item == before:
                break
        else:
            raise Malformed("the mutators do not come to an end: " + ", ".join(applied))
        if item == target.object:
            return None
        self._resolve(item, world)
        return Change(item, tuple(applied))

    def _one(self, mutator: Mutator, target: Target, operation: str, username: str) -> bool:
        try:
            if not mutator.takes(target, operation):
                return False
            setter = _setter(mutator, target.object, username)
            before = copy.deepcopy(target.object)
            return setting.apply(target.object, mutator.location, mutator.tests, setter) and target.object != before
        except Malformed as error:
            raise Malformed(f"{mutator.title}: {error.what}", error.remedy) from error

    def _resolve(self, item: Object, world: World) -> None:
        """Put what the providers give where it is wanted."""
        places = [*_wanted(item)]
        answers = {
            name: self._answers(name, places, world) for name in {place[2].external.provider for place in places}
        }
        for parent, name, wanted in places:
            parent[name] = _value(wanted, answers[wanted.external.provider])

    def _answers(self, name: str, places: Sequence[tuple[Any, Any, _Wanted]], world: World) -> Object | str:
        """Values by key, or why there are none."""
        provider = self.providers.get(name)
        keys = sorted({wanted.key for _, _, wanted in places if wanted.external.provider == name})
        try:
            if provider is None:
                raise Malformed(f"there is no provider {name!r:.80}")
            response = providers.ask(provider, keys, world)
        except AssayError as error:
            return error.what
        if response.get("systemError"):
            return f"provider {name}: {response['systemError']!s:.300}"
        if response.get("idempotent") is not True:
            return f"provider {name}: its answer is not idempotent"
        return {str(entry.get("key")): entry for entry in response.get("items") or () if isinstance(entry, dict)}


def _value(wanted: _Wanted, answers: Object | str) -> str:
    entry = answers.get(wanted.key) if isinstance(answers, dict) else None
    fault = (
        answers if isinstance(answers, str) else f"provider {wanted.external.provider} says nothing of {wanted.key!r}"
    )
    if entry is not None:
        if not entry.get("error") and isinstance(entry.get("value"), str):
            return str(entry["value"])
        fault = f"provider {wanted.external.provider}: {entry.get('error') or 'its value is no text'!s:.300}"
    match wanted.external.failure:
        case "Ignore":
            return wanted.key
        case "UseDefault":
            return wanted.external.default
    raise Malformed(fault)


def _wanted(item: Any) -> Iterator[tuple[Any, Any, _Wanted]]:
    pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for key, value in list(pairs):
        if isinstance(value, _Wanted):
            yield item, key, value
        elif isinstance(value, (dict, list)):
            yield from _wanted(value)


def _setter(mutator: Mutator, item: Object, username: str) -> Setter:
    what = mutator.what
    if isinstance(what, FromMetadata):
        return Assigned(str((item.get("metadata") or {}).get(what.field) or ""))
    if isinstance(what, External):
        return _Placeholder(what, username)
    return what
