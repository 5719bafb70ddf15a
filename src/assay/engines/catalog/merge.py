"""The same package seen several times becomes one component with several occurrences.

What is declared with a range and also there in an exact version that the range allows is that version; installed
beats declared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter

from assay.errors import Malformed
from assay.model.component import Component, Occurrence, Presence, Property, Scope
from assay.model.version import Interval, Order

_FILL = tuple(
    field.name
    for field in fields(Component)
    if field.name not in {"name", "version", "ref", "presence", "scope", "occurrences", "properties", "extra", "purl"}
)
_fillable = attrgetter(*_FILL)
_place = attrgetter(*(field.name for field in fields(Occurrence)))
"""What occurrences are ordered by; as tuples they are compared in a fifth of the time."""
_ALSO = "assay:version-range:also"
"""Another range in which a component was asked for."""
_VERSION = re.compile(r"(?=\D*\d)\w(?:[\w.+:~!-]*\w)?")
"""What is compared; a word alone (``next``, ``dev-master``) is the name of a channel or branch."""
_SCOPES = (Scope.REQUIRED, Scope.OPTIONAL, Scope.EXCLUDED)


def merge(components: Iterable[Component]) -> tuple[dict[str, Component], dict[str, str]]:
    """Components by id, and which ids of range-only declarations became which exact one."""
    groups: dict[str, list[Component]] = defaultdict(list)
    for component in components:
        groups[component.id].append(component)
    merged = {identity: unite(group) for identity, group in groups.items()}
    renamed = _settle_ranges(merged)
    return {identity: _supplied(component) for identity, component in merged.items()}, renamed


def _supplied(component: Component) -> Component:
    """Where nobody else is named, the author supplies: who "creates, defines and identifies" it (NTIA 2021)."""
    if component.author and not component.supplier:
        return component.changed(supplier=component.author)
    return component


def unite(group: Sequence[Component]) -> Component:
    """One component out of several of the same identity; the first installed one leads, gaps are filled in order."""
    if len(group) == 1:
        return group[0]
    group = sorted(group, key=_precedence)
    leader = group[0]
    changes: dict[str, object] = {}
    for name, values in zip(_FILL, zip(*map(_fillable, group), strict=True), strict=True):
        if not values[0] and any(values):
            changes[name] = next(filter(None, values))
    changes["occurrences"] = tuple(sorted({place for item in group for place in item.occurrences}, key=_place))
    shown = changes.get("version_range") or leader.version_range
    also = {Property(_ALSO, item.version_range) for item in group if item.version_range not in ("", shown)}
    facts = {fact for item in group for fact in item.properties}
    changes["properties"] = tuple(sorted(facts if leader.version else facts | also))
    changes["scope"] = min((item.scope for item in group), key=_SCOPES.index)
    return leader.changed(**changes)


def _precedence(component: Component) -> tuple[object, ...]:
    return component.presence is Presence.DECLARED, *map(_place, component.occurrences)


def _settle_ranges(merged: dict[str, Component]) -> dict[str, str]:
    """Fold components that only have a range into the exact one of that name, where it is clear which."""
    exact: dict[tuple[str, str, str], list[Component]] = defaultdict(list)
    for component in merged.values():
        if component.version:
            exact[_name(component)].append(component)
    renamed: dict[str, str] = {}
    for identity, component in list(merged.items()):
        if component.version or component.presence is Presence.INSTALLED:
            continue
        target = _only(component, exact.get(_name(component), ()))
        if target is not None:
            renamed[identity] = target.id
            del merged[identity]
            asked = component.changed(version=target.version, purl=target.purl, version_range="", scope=target.scope)
            merged[target.id] = unite([merged[target.id], asked])
    return renamed


def _name(component: Component) -> tuple[str, str, str]:
    return component.ecosystem, component.namespace, component.name


def _only(component: Component, candidates: Sequence[Component]) -> Component | None:
    """The exact component that a range means: the one seen in the same folder, else the only one there is."""
    folders = {_folder(place.path) for place in component.occurrences}
    near = [item for item in candidates if folders & {_folder(place.path) for place in item.occurrences}]
    chosen = near if len(near) == 1 else list(candidates)
    return chosen[0] if len(chosen) == 1 and _allows(component, chosen[0].version) else None


def _allows(component: Component, version: str) -> bool:
    """Whether every range in which the component was asked for holds the version; one that is not read forbids none."""
    ranges = [component.version_range] if component.version_range else []
    ranges += [fact.value for fact in component.properties if fact.name == _ALSO]
    if not ranges:
        return True
    from assay.ecosystems import order

    rules = order(component.ecosystem)
    return all(_holds(rules, one, rules.key(version)) for one in ranges)


def _holds(rules: Order, text: str, key: bytes) -> bool:
    try:
        found = rules.intervals(text)
    except Malformed:
        return True
    bounds = {bound for one in found for bound in (one.low, one.high) if bound}
    return not found or not all(map(_VERSION.fullmatch, bounds)) or any(_within(rules, one, key) for one in found)


def _within(rules: Order, interval: Interval, key: bytes) -> bool:
    low = rules.key(interval.low) if interval.low else b""
    if interval.low and (key < low or (key == low and not interval.low_included)):
        return False
    high = rules.key(interval.high) if interval.high else b""
    return not interval.high or key < high or (key == high and interval.high_included)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
