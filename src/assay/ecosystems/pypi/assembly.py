"""What takes several files: direct URLs, egg requirements, embedded SBOMs, includes, pins, and locks over ranges."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from assay.ecosystems.pypi import package
from assay.ecosystems.pypi.installed import need
from assay.ecosystems.pypi.requirement import normalise
from assay.formats import digest
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import Found, Located, Need
from assay.model.sbom import Distribution, Skipped

_MAX_INCLUDED = 1000
_Direct = tuple[str, str, dict[str, str], Sequence[str]]


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with everything put in that only another file knows."""
    del distribution
    parts = list(files)
    _installed(parts)
    _included(parts)
    _locked(parts)
    return parts


def _facts(parts: list[Located], key: str) -> Iterator[tuple[int, object]]:
    for index, part in enumerate(parts):
        if key in part.found.facts:
            yield index, part.found.facts[key]


def _put(parts: list[Located], index: int, found: Found) -> None:
    parts[index] = replace(parts[index], found=found)


def _installed(parts: list[Located]) -> None:
    """Brings what lies beside METADATA or PKG-INFO to its distribution."""
    places = {cast("str", folder): index for index, folder in _facts(parts, "installed")}
    for _, fact in _facts(parts, "direct"):
        direct = cast("_Direct", fact)  # sequences come back as lists where findings were cached
        if direct[0] in places:
            _put(parts, places[direct[0]], _redirect(parts[places[direct[0]]].found, direct))
    for _, fact in _facts(parts, "requires"):
        folder, names = cast("tuple[str, Sequence[str]]", fact)
        found = parts[places[folder]].found if folder in places else Found()
        if found.components and not found.needs:
            _put(parts, places[folder], replace(found, needs=need(found.components[0].id, names)))
    for _, fact in _facts(parts, "sbom"):
        folder, targets = cast("tuple[str, Sequence[str]]", fact)
        if folder in places:
            found = parts[places[folder]].found
            pairs = tuple((found.components[0].id, target) for target in targets)
            _put(parts, places[folder], replace(found, edges=found.edges + pairs))


def _redirect(found: Found, direct: _Direct) -> Found:
    """The distribution as it is called when it comes from a URL; whoever speaks of it is told."""
    _, url, qualifiers, hashes = direct
    old = found.components[0]
    digests = tuple(known for known in map(digest.find, hashes) if known)
    new = replace(
        old,
        purl=package.identity(old.name, old.version, qualifiers),
        digests=old.digests or digests,
        properties=(*old.properties, Property(package.DIRECT, url)),
    )
    return replace(
        found,
        components=(new,),
        needs=tuple(Need(new.id, one.names) for one in found.needs),
        provides=package.provided((new,)),
        edges=tuple((new.id, target) for _, target in found.edges),
    )


def _included(parts: list[Located]) -> None:
    """Lets a requirements file say what the files say that it includes, as pip reads it."""
    sources = {part.path: part.found for part in parts}
    used: set[str] = set()
    for index, fact in list(_facts(parts, "includes")):
        reached = _reach(parts[index].path, cast("Sequence[Sequence[object]]", fact), sources)
        if "included" not in parts[index].found.facts:
            used.update(target for target, _ in reached)
        _put(parts, index, _with(parts[index], reached, sources))
    for index, path in list(_facts(parts, "included")):
        found = parts[index].found
        unread = cast("Sequence[str]", found.facts.get("unread", ()))
        told = (*found.skipped, *(Skipped(parts[index].path, reason) for reason in unread))
        _put(parts, index, replace(found, skipped=told) if path in used else Found())


def _with(part: Located, reached: Iterable[tuple[str, bool]], sources: Mapping[str, Found]) -> Found:
    """A requirements file with the components and pins of what it includes, and told what was not there."""
    components = {one.id: one for one in part.found.components}
    pins: dict[str, str] = {}
    skipped = list(part.found.skipped)
    for target, is_constraint in reached:
        other = sources.get(target)
        if other is None:
            skipped.append(Skipped(part.path, f"includes {target}, which was not read"))
        elif is_constraint:
            pins.update(_pins(other))
        else:
            components |= {one.id: replace(one, occurrences=()) for one in other.components}
    pinned = [_pin(one, pins) for one in components.values()]
    return replace(part.found, components=tuple(pinned), provides=package.provided(pinned), skipped=tuple(skipped))


def _reach(path: str, includes: Sequence[Sequence[object]], sources: Mapping[str, Found]) -> list[tuple[str, bool]]:
    """All files that are included, directly or not, once each; the flag says that it is as constraints."""
    seen: dict[tuple[str, bool], None] = {}
    waiting = deque(includes)
    while waiting and len(seen) < _MAX_INCLUDED:
        target, is_constraint = str(waiting[0][0]), bool(waiting.popleft()[1])
        if (target, is_constraint) in seen or target == path:
            continue
        seen[target, is_constraint] = None
        if not is_constraint and target in sources:
            waiting.extend(cast("Sequence[Sequence[object]]", sources[target].facts.get("includes", ())))
    return list(seen)


def _pins(found: Found) -> dict[str, str]:
    """The exact versions that a constraints file states, or a requirements file that is used as one."""
    listed = {normalise(one.name): one.version for one in found.components if one.version}
    return listed | cast("dict[str, str]", found.facts.get("pins", {}))


def _pin(component: Component, pins: Mapping[str, str]) -> Component:
    version = pins.get(normalise(component.name), "")
    if component.version or not version:
        return component
    identity = component.purl and replace(component.purl, version=version)
    return replace(component, version=version, version_range="", purl=identity)


def _locked(parts: list[Located]) -> None:
    """Drops the ranges of a manifest whose project has a lock file, and lets its needs be met by the lock."""
    locks: dict[str, set[str]] = {}
    for index, folder in _facts(parts, "lock"):
        names = locks.setdefault(cast("str", folder), set())
        names.update(name for name, _ in parts[index].found.provides)
    for index, folder in list(_facts(parts, "manifest")):
        found = parts[index].found
        home = next((one for one in _upward(cast("str", folder)) if one in locks), None)
        if home is None:
            continue
        kept = tuple(
            one
            for one in found.components
            if one.type is ComponentType.APPLICATION or normalise(one.name) not in locks[home]
        )
        scope, there = package.project(home), {one.id for one in kept}
        edges = tuple(pair for pair in found.edges if pair[1] in there)
        provides = package.provided(kept)
        _put(parts, index, replace(found, components=kept, edges=edges, provides=provides, scope=scope))


def _upward(folder: str) -> Iterator[str]:
    """The folder and all above it, nearest first."""
    while True:
        yield folder
        if not folder:
            return
        folder = folder.rpartition("/")[0]
