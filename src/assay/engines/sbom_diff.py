"""What changed from one SBOM to another.

Components are matched in steps, each step among those that are left: the same identity; the same purl without its
version (architecture counted, then not); the same ecosystem, namespace and name; the same name. Where several match,
equal versions go first and the rest in the order of their versions. A package that a document lists once for each place
counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping

from assay.model.component import Component
from assay.model.sbom import Sbom
from assay.model.sbom_diff import ComponentChange, FieldChange, SbomDiff

Pairs = list[tuple[Component, Component]]
_SHOWN = 12


def diff(before: Sbom, after: Sbom) -> SbomDiff:
    """The difference of two SBOMs; formats, timestamps, tools and the order of things do not count."""
    old_ones, seen_before = _once(before.components)
    new_ones, seen_after = _once(after.components)
    pairs, removed, added = _matched(old_ones, new_ones)
    pairs = [(before.subject, after.subject), *pairs]
    names_before = {old.id: new.id for old, new in pairs}
    names_before |= {again: names_before.get(first, first) for again, first in seen_before.items()}
    changed, unchanged = [], 0
    for old, new in pairs:
        changes = _changes(old, new, _needs(before, old, names_before), _needs(after, new, seen_after))
        if changes:
            changed.append(ComponentChange(old, new, changes))
        elif new is not after.subject:
            unchanged += 1
    return SbomDiff(before.subject, after.subject, _sorted(added), _sorted(removed), tuple(changed), unchanged)


def _once(components: Iterable[Component]) -> tuple[list[Component], dict[str, str]]:
    """Each package once, and under which id those that are there again are found."""
    first: dict[Hashable, Component] = {}
    again: dict[str, str] = {}
    for item in components:
        kept = first.setdefault((_identity(item), item.name, item.version), item)
        if kept is not item:
            again[item.id] = kept.id
    return list(first.values()), again


def _sorted(components: Iterable[Component]) -> tuple[Component, ...]:
    return tuple(sorted(components, key=lambda component: (component.name, component.version, component.id)))


def _without_version(component: Component) -> Hashable:
    purl = component.purl
    return purl and (purl.type, purl.namespace, purl.name, purl.subpath, purl.qualifier("arch"))


def _without_qualifiers(component: Component) -> Hashable:
    purl = component.purl
    return purl and (purl.type, purl.namespace, purl.name)


def _identity(component: Component) -> Hashable:
    return str(component.purl) if component.purl else component.id


_STEPS: tuple[Callable[[Component], Hashable], ...] = (
    _identity,
    _without_version,
    _without_qualifiers,
    lambda component: (component.world, component.namespace, component.name),
    lambda component: component.name,
)


def _matched(before: Iterable[Component], after: Iterable[Component]) -> tuple[Pairs, list[Component], list[Component]]:
    """The pairs, what only the first has, what only the second has."""
    pairs: Pairs = []
    old, new = list(before), list(after)
    for key in _STEPS:
        found = _step(old, new, key)
        pairs += found
        gone = {id(item) for pair in found for item in pair}
        old = [item for item in old if id(item) not in gone]
        new = [item for item in new if id(item) not in gone]
    return sorted(pairs, key=lambda pair: (pair[1].name, pair[1].version, pair[1].id)), old, new


def _step(old: list[Component], new: list[Component], key: Callable[[Component], Hashable]) -> Pairs:
    groups: dict[Hashable, list[Component]] = defaultdict(list)
    for item in new:
        groups[key(item)].append(item)
    wanted: dict[Hashable, list[Component]] = defaultdict(list)
    for item in old:
        if key(item) in groups and key(item):
            wanted[key(item)].append(item)
    pairs = [pair for name, items in wanted.items() for pair in _paired(items, groups[name])]
    return [pair for pair in pairs if _compatible(*pair)]


def _compatible(old: Component, new: Component) -> bool:
    """Names mean nothing across package worlds: an npm `debug` never became a PyPI `debug`."""
    return old.purl is None or new.purl is None or old.purl.type == new.purl.type


def _paired(old: list[Component], new: list[Component]) -> Pairs:
    """Equal versions first, the others in order."""
    by_version: dict[str, list[Component]] = defaultdict(list)
    for item in new:
        by_version[item.version].append(item)
    pairs: Pairs = []
    left: list[Component] = []
    for item in old:
        if by_version[item.version]:
            pairs.append((item, by_version[item.version].pop(0)))
        else:
            left.append(item)
    rest = [item for items in by_version.values() for item in items]
    order = _version_order
    return pairs + list(zip(sorted(left, key=order), sorted(rest, key=order), strict=False))


def _version_order(component: Component) -> tuple[tuple[bool, int, str], ...]:
    """A rough order of versions, good enough to pair neighbours: numbers as numbers, the rest as text."""
    parts = component.version.replace("-", ".").replace("+", ".").split(".")
    return tuple((part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part) for part in parts)


def _needs(sbom: Sbom, component: Component, names: Mapping[str, str]) -> set[str]:
    """The ids of the direct dependencies, by those of the newer document where a component is in both."""
    return {names.get(key, key) for key in sbom.dependencies.get(component.id, ())}


def _changes(old: Component, new: Component, before: set[str], after: set[str]) -> tuple[FieldChange, ...]:
    fields = {
        "name": (_name(old), _name(new)),
        "version": (old.version or old.version_range, new.version or new.version_range),
        "licence": (_licenses(old), _licenses(new)),
        "supplier": (old.supplier, new.supplier),
        "presence": (str(old.presence), str(new.presence)),
        "scope": (str(old.scope), str(new.scope)),
        "digest": _digests(old, new),
        "dependencies": (_listed(before - after), _listed(after - before)),
    }
    return tuple(FieldChange(field, first, second) for field, (first, second) in fields.items() if first != second)


def _name(component: Component) -> str:
    return f"{component.namespace}/{component.name}" if component.namespace else component.name


def _licenses(component: Component) -> str:
    return " AND ".join(sorted({item.expression or item.name for item in component.licenses}))


def _digests(old: Component, new: Component) -> tuple[str, str]:
    """Digests of one algorithm that differ though the version does not: the content was exchanged."""
    if old.version != new.version:
        return "", ""
    first, second = ({item.algorithm: item for item in component.digests} for component in (old, new))
    differing = [name for name in sorted(first.keys() & second.keys()) if first[name] != second[name]]
    return ", ".join(str(first[name]) for name in differing), ", ".join(str(second[name]) for name in differing)


def _listed(ids: set[str]) -> str:
    names = sorted(ids)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
