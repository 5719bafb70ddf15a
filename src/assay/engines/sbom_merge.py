"""Several SBOMs made one.

Components are one where their identity is: the purl, else ecosystem, name and version. Hierarchical, the new subject
needs the old ones, which stay as components; flat, the old subjects go and the new one needs what they needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from assay.errors import UsageError
from assay.model.component import Component, Presence, Scope
from assay.model.digest import Digest
from assay.model.sbom import Completeness, Sbom
from assay.model.sbom_merge import Conflict, Merged

Item = TypeVar("Item")


def merge(sboms: Sequence[Sbom], subject: Component, flat: bool = False, timestamp: str = "") -> Merged:
    """One SBOM about `subject` out of several; of contradictions the first document wins, and they are told."""
    if not sboms:
        raise UsageError("nothing to merge", "name at least one SBOM")
    subject = replace(subject, ref="")
    components: dict[str, Component] = {}
    edges: dict[str, set[str]] = {}
    conflicts: list[Conflict] = []
    for sbom in sboms:
        names = _names(sbom, subject, flat)
        for component in _taken(sbom, flat, keep_layers=len(sboms) == 1):
            _add(components, component, conflicts)
        for dependent, needed in sbom.dependencies.items():
            targets = {names[key] for key in needed if key in names}
            edges.setdefault(names.get(dependent, ""), set()).update(targets)
        if not flat:
            edges.setdefault(subject.id, set()).add(names[sbom.subject.id])
    components.pop(subject.id, None)
    return Merged(_document(sboms, subject, components, edges, timestamp), tuple(conflicts), tuple(_lost(sboms)))


def _names(sbom: Sbom, subject: Component, flat: bool) -> dict[str, str]:
    """The new id of each component of a document by its old one."""
    names = {component.id: replace(component, ref="").id for component in sbom.components}
    names[sbom.subject.id] = subject.id if flat else replace(sbom.subject, ref="").id
    return names


def _taken(sbom: Sbom, flat: bool, keep_layers: bool) -> Iterable[Component]:
    for component in sbom.components if flat else (sbom.subject, *sbom.components):
        places = component.occurrences
        if not keep_layers:
            places = tuple(replace(place, layer=-1) for place in places)
        yield replace(component, ref="", occurrences=places)


def _add(components: dict[str, Component], component: Component, conflicts: list[Conflict]) -> None:
    key = component.id
    components[key] = _united(components[key], component, conflicts) if key in components else component


def _united(first: Component, second: Component, conflicts: list[Conflict]) -> Component:
    """Both as one; where both say something and not the same, the first counts."""
    texts = {}
    for field in ("supplier", "author", "description", "copyright", "owned_by"):
        kept, other = getattr(first, field), getattr(second, field)
        texts[field] = kept or other
        if kept and other and kept != other and field in {"supplier", "author"}:
            conflicts.append(Conflict(first.id, field, kept, other))
    licenses = [", ".join(item.expression or item.name for item in component.licenses) for component in (first, second)]
    if all(licenses) and set(licenses[0].split(", ")) != set(licenses[1].split(", ")):
        conflicts.append(Conflict(first.id, "licence", *licenses))
    installed = Presence.INSTALLED in (first.presence, second.presence)
    return replace(
        first,
        **texts,
        licenses=first.licenses or second.licenses,
        digests=_digests(first, second, conflicts),
        cpes=_union(first.cpes, second.cpes),
        references=_union(first.references, second.references),
        occurrences=_union(first.occurrences, second.occurrences),
        properties=_union(first.properties, second.properties),
        presence=Presence.INSTALLED if installed else Presence.DECLARED,
        scope=min(first.scope, second.scope, key=list(Scope).index),
        extra=first.extra or second.extra,
    )


def _union(first: tuple[Item, ...], second: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(first + second))


def _digests(first: Component, second: Component, conflicts: list[Conflict]) -> tuple[Digest, ...]:
    known = {item.algorithm: item for item in first.digests}
    for item in second.digests:
        kept = known.setdefault(item.algorithm, item)
        if kept != item:
            conflicts.append(Conflict(first.id, "digest", str(kept), str(item)))
    return tuple(known.values())


def _document(
    sboms: Sequence[Sbom],
    subject: Component,
    components: Mapping[str, Component],
    edges: Mapping[str, set[str]],
    timestamp: str,
) -> Sbom:
    known = {subject.id, *components}
    needs = {
        key: tuple(sorted((found & known) - {key, subject.id})) for key, found in sorted(edges.items()) if key in known
    }
    systems = {sbom.distribution for sbom in sboms}
    return Sbom(
        subject=subject,
        components=tuple(components[key] for key in sorted(components)),
        dependencies={key: found for key, found in needs.items() if found and key in known},
        distribution=systems.pop() if len(systems) == 1 else None,
        layers=sboms[0].layers if len(sboms) == 1 else (),
        skipped=tuple(dict.fromkeys(item for sbom in sboms for item in sbom.skipped)),
        tools=tuple(dict.fromkeys(item for sbom in sboms for item in sbom.tools)),
        authors=tuple(dict.fromkeys(item for sbom in sboms for item in sbom.authors)),
        supplier=next((sbom.supplier for sbom in sboms if sbom.supplier), ""),
        timestamp=timestamp or max(sbom.timestamp for sbom in sboms),
        lifecycles=tuple(dict.fromkeys(item for sbom in sboms for item in sbom.lifecycles)),
        completeness=_completeness(sboms),
    )


def _completeness(sboms: Sequence[Sbom]) -> Completeness:
    stated = {sbom.completeness for sbom in sboms}
    if len(stated) == 1:
        return stated.pop()
    return Completeness.INCOMPLETE if Completeness.INCOMPLETE in stated else Completeness.UNKNOWN


def _lost(sboms: Sequence[Sbom]) -> Iterable[str]:
    """What only holds for one document: its own unknown fields, its layers, its attached SBOMs."""
    for sbom in sboms:
        name = f"{sbom.subject.name} {sbom.subject.version}".strip()
        if sbom.extra:
            yield f"{name}: unknown fields of the document ({', '.join(sorted(sbom.extra))})"
        if len(sboms) > 1 and sbom.layers:
            yield f"{name}: {len(sbom.layers)} layers"
        if sbom.attached:
            yield f"{name}: {len(sbom.attached)} attached SBOMs"
        if sbom.properties:
            yield f"{name}: {len(sbom.properties)} properties of the document"
