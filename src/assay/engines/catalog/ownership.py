"""Which components came with an operating-system package: those whose evidence is a file of such a package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from assay.model.component import Component, ComponentType
from assay.model.ecosystem import Ecosystem, Located, Owned

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Folders that are links into usr/ on a merged system: package lists still name files by the old path."""


def mark(components: dict[str, Component], owners: Sequence[tuple[str, str, bytes]], yielding: frozenset[str]) -> None:
    """Set `owned_by`; components of `yielding` ecosystems that are owned are only another sight of their owner.

    `owners` are (id of the owner, root folder, raw newline-separated paths).
    """
    evidence = _evidence(components)
    if not owners or not evidence:
        return
    systems = {owner for owner, _, _ in owners}
    owned: dict[str, str] = {}
    wanted_at: dict[str, dict[bytes, list[str]]] = {}
    for owner, root, paths in owners:
        if root not in wanted_at:
            wanted_at[root] = _relative(evidence, root)
        for path in wanted_at[root].keys() & paths.split(b"\n"):
            for identity in wanted_at[root][path]:
                if identity not in systems:
                    owned.setdefault(identity, owner)
    for identity, owner in sorted(owned.items()):
        _apply(components, identity, owner, yielding)


def of_package_file(
    files: Sequence[Located], subject: Component, ecosystem_of: Mapping[str, Ecosystem]
) -> Sequence[Located]:
    """The findings; where the source is itself a package of an operating system, it owns all that was found in it, as
    it does once it is installed.
    """
    if subject.type is not ComponentType.FILE:
        return files
    own = [item for item in files if item.path == subject.name and ecosystem_of[item.parser].of_system]
    own = [item for item in own if len(item.found.components) == 1]
    if not own:
        return files
    inside = {item.path.partition("!/")[0] for item in files if item.path != subject.name}
    paths = "\n".join(sorted(inside)).encode("utf-8", "surrogateescape")
    owned = {id(item): (*item.found.owns, Owned(item.found.components[0].name, paths)) for item in own}
    return [
        replace(item, found=replace(item.found, owns=owned[id(item)])) if id(item) in owned else item for item in files
    ]


def _apply(components: dict[str, Component], identity: str, owner: str, yielding: frozenset[str]) -> None:
    component, system = components[identity], components[owner]
    if component.ecosystem == system.ecosystem:
        return
    if component.ecosystem in yielding:
        places = tuple(sorted({*system.occurrences, *component.occurrences}))
        components[owner] = system.changed(occurrences=places)
        del components[identity]
    else:
        components[identity] = component.changed(owned_by=owner)


def owned_paths(files: Iterable[Located], paths: Iterable[str]) -> set[str]:
    """Those of `paths` that belong to an operating-system package."""
    evidence = {path: [path] for path in paths}
    names_at: dict[str, dict[bytes, list[str]]] = {}
    owned: set[str] = set()
    for item in files:
        root = item.found.root
        for ownership in item.found.owns:
            if root not in names_at:
                names_at[root] = _relative(evidence, root)
            for path in names_at[root].keys() & ownership.paths.split(b"\n"):
                owned.update(names_at[root][path])
    return owned


def _evidence(components: Mapping[str, Component]) -> dict[str, list[str]]:
    """The ids by the file that shows them, for components that are there."""
    evidence: dict[str, list[str]] = defaultdict(list)
    for identity, component in components.items():
        for place in component.occurrences:
            evidence[place.path.partition("!/")[0]].append(identity)
    return evidence


def _relative(evidence: Mapping[str, list[str]], root: str) -> dict[bytes, list[str]]:
    """The evidence below `root`, relative to it, under every name that a package list may use."""
    prefix = f"{root}/" if root else ""
    names: dict[bytes, list[str]] = {}
    for path, identities in evidence.items():
        if not path.startswith(prefix):
            continue
        inner = path[len(prefix) :]
        names[inner.encode("utf-8", "surrogateescape")] = identities
        first, _, rest = inner.partition("/")
        if first == "usr" and rest.partition("/")[0] in _MERGED:
            names[rest.encode("utf-8", "surrogateescape")] = identities
        elif first in _MERGED:
            names[f"usr/{inner}".encode("utf-8", "surrogateescape")] = identities
    return names
