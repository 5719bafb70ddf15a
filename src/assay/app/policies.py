"""Policies of every kind, out of files: assay's own, and those of each language that has a folder of its own.

A folder of `assay.engines.policy` is a language if it holds a file ``language.py`` with ::

    def takes(kind: GroupVersionKind) -> bool: ...                   # whether objects of a kind are its own
    def load(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]: ...
    def remarks(found: Sequence[Manifest]) -> list[str]: ...         # may be absent: what lint says besides
    def load_with(found, rego: Compiler): ...                        # may be absent: as `load`, by an engine of Rego

`load` is given all objects that some language takes, so that policies find their bindings and exceptions; it leaves
alone what is not its own. What cannot be loaded is a problem with file, line and field; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from assay.app import own_policies
from assay.app.own_policies import Loaded
from assay.engines import policy as folders
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind

if TYPE_CHECKING:
    from assay.app.break_glass import Glasses
    from assay.engines.policy.rego.source import Compiler
    from assay.engines.policy.world import Policy
    from assay.formats.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Language:
    """What a folder offers."""

    name: str
    takes: Callable[[GroupVersionKind], bool]
    load: Callable[[Sequence[Manifest]], tuple[list[Policy], list[AssayError]]]
    remarks: Callable[[Sequence[Manifest]], list[str]] | None = None
    load_with: Callable[[Sequence[Manifest], Compiler], tuple[list[Policy], list[AssayError]]] | None = None

    def read(self, found: Sequence[Manifest], rego: Compiler | None) -> tuple[list[Policy], list[AssayError]]:
        """Its policies, their Rego by `rego` where one is given."""
        return self.load(found) if rego is None or self.load_with is None else self.load_with(found, rego)


@cache
def languages() -> tuple[Language, ...]:
    """The languages there are, by name."""
    names = sorted(item.name for item in iter_modules(folders.__path__) if item.ispkg)
    return tuple(_language(name) for name in names if find_spec(f"{folders.__name__}.{name}.language"))


def _language(name: str) -> Language:
    module = import_module(f"{folders.__name__}.{name}.language")
    return Language(
        name, module.takes, module.load, getattr(module, "remarks", None), getattr(module, "load_with", None)
    )


def load(paths: Sequence[Path], glasses: Glasses | None = None, rego: Compiler | None = None) -> Loaded:
    """The policies of files and folders; raises `InputError` for a path that is not there.

    `rego` is the engine of Rego, regorus in this process where it is None.
    """
    found, problems = own_policies.manifests(paths)
    return of_manifests(found, problems, glasses, rego)


def of_manifests(
    found: Sequence[Manifest],
    problems: Iterable[AssayError] = (),
    glasses: Glasses | None = None,
    rego: Compiler | None = None,
) -> Loaded:
    """The policies among objects; objects that are no policies are left alone."""
    taken, rest = _divided(found)
    own = own_policies.of_manifests(rest, problems, glasses)
    policies, more = [*own.policies], [*own.problems]
    for language in _needed(taken):
        loaded, wrongs = language.read(taken, rego)
        policies += loaded
        more += wrongs
    return replace(own, policies=tuple(policies), problems=tuple(more))


def _divided(found: Sequence[Manifest]) -> tuple[list[Manifest], list[Manifest]]:
    """What some language takes, and the rest."""
    taken = [item for item in found if _takers(item)]
    known = {id(item) for item in taken}
    return taken, [item for item in found if id(item) not in known]


def _takers(item: Manifest) -> list[Language]:
    kind = GroupVersionKind.of(item.object)
    return [language for language in languages() if language.takes(kind)]


def _needed(taken: Sequence[Manifest]) -> list[Language]:
    """The languages of `taken`."""
    names = {language.name for item in taken for language in _takers(item)}
    return [language for language in languages() if language.name in names]


@dataclass(frozen=True, slots=True)
class Linted:
    """What lint found: how many policies can be loaded, what cannot, and what is doubtful."""

    policies: int
    problems: tuple[AssayError, ...]
    remarks: tuple[str, ...]


def lint(paths: Sequence[Path]) -> Linted:
    """Load everything, and look closer."""
    found, problems = own_policies.manifests(paths)
    loaded = of_manifests(found, problems)
    taken, _ = _divided(found)
    remarks = [text for language in _needed(taken) if language.remarks for text in language.remarks(taken)]
    return Linted(len(loaded.policies), loaded.problems, tuple(remarks))
