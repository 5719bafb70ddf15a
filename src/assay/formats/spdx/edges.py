"""Relationships of SPDX 2 (clause 11) and the edges they stand for.

``A CONTAINS B``, ``A DEPENDS_ON B`` and ``B DEPENDENCY_OF A`` all make B a dependency of A. What a container image
or operating system holds is written as ``CONTAINS``, what a program needs as ``DEPENDS_ON``; development and
optional dependencies as ``B DEV_DEPENDENCY_OF A`` and ``B OPTIONAL_DEPENDENCY_OF A``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx.names import DOCUMENT
from assay.model.component import Component, ComponentType, Scope

FORWARD = frozenset({"CONTAINS", "DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK", "HAS_PREREQUISITE"})
BACKWARD = frozenset(
    [
        "CONTAINED_BY",
        "DEPENDENCY_OF",
        "BUILD_DEPENDENCY_OF",
        "DEV_DEPENDENCY_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "TEST_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
        "PREREQUISITE_FOR",
        "OPTIONAL_COMPONENT_OF",
    ]
)
HOLDERS = frozenset(
    {
        ComponentType.CONTAINER,
        ComponentType.OPERATING_SYSTEM,
        ComponentType.PLATFORM,
        ComponentType.FILE,
        ComponentType.FIRMWARE,
        ComponentType.DEVICE,
    }
)
_SCOPES = {
    "DEV_DEPENDENCY_OF": Scope.EXCLUDED,
    "TEST_DEPENDENCY_OF": Scope.EXCLUDED,
    "OPTIONAL_DEPENDENCY_OF": Scope.OPTIONAL,
    "OPTIONAL_COMPONENT_OF": Scope.OPTIONAL,
}


def relationships(document: Object) -> list[Object]:
    """The relationships of a document as written."""
    return [as_object(item) for item in as_list(document.get("relationships"))]


def parts(item: Object) -> tuple[str, str, str]:
    """Element, type, related element."""
    return (
        as_text(item.get("spdxElementId")),
        as_text(item.get("relationshipType")).replace("-", "_"),
        as_text(item.get("relatedSpdxElement")),
    )


def edge(item: Object) -> tuple[str, str] | None:
    """The SPDX ids of the dependent and the dependency; None for a relationship that says something else."""
    element, kind, related = parts(item)
    if kind in FORWARD or (kind == "DESCRIBES" and element == DOCUMENT):
        return element, related
    if kind in BACKWARD or (kind == "DESCRIBED_BY" and related == DOCUMENT):
        return related, element
    return None


def described(document: Object) -> list[str]:
    """The ids of what the document is about (``DESCRIBES``, ``DESCRIBED_BY`` and ``documentDescribes``)."""
    found = dict.fromkeys(as_text(item) for item in as_list(document.get("documentDescribes")))
    for item in relationships(document):
        element, kind, related = parts(item)
        if kind == "DESCRIBES" and element == DOCUMENT:
            found[related] = None
        elif kind == "DESCRIBED_BY" and related == DOCUMENT:
            found[element] = None
    return [name for name in found if name]


def dependencies(document: Object, known: Mapping[str, str], subject: str) -> dict[str, tuple[str, ...]]:
    """The edges of a document by component id; `known` maps SPDX ids to those, `subject` is the root's SPDX id."""
    edges: dict[str, set[str]] = {}
    for item in relationships(document):
        pair = edge(item)
        if pair is None or pair[0] not in known or pair[1] not in known or pair[0] == pair[1]:
            continue
        edges.setdefault(known[pair[0]], set()).add(known[pair[1]])
    if subject == DOCUMENT:
        roots = {known[name] for name in described(document) if name in known and name != DOCUMENT}
        edges.setdefault(known[DOCUMENT], set()).update(roots)
    return {key: tuple(sorted(found)) for key, found in sorted(edges.items()) if found}


def scopes(document: Object) -> dict[str, Scope]:
    """The scope of elements that are needed only for development, or only optionally, by SPDX id."""
    found: dict[str, Scope] = {}
    for item in relationships(document):
        pair = edge(item)
        if pair is None:
            continue
        scope = _SCOPES.get(parts(item)[1], Scope.REQUIRED)
        earlier = found.get(pair[1], scope)
        found[pair[1]] = scope if scope is earlier else Scope.REQUIRED
    return {name: scope for name, scope in found.items() if scope is not Scope.REQUIRED}


def written(
    subject: Component, components: Iterable[Component], needs: Mapping[str, tuple[str, ...]], ids: Mapping[str, str]
) -> list[Json]:
    """The relationships of a document: what it describes, then every edge."""
    by_id = {component.id: component for component in components}
    found: list[Json] = []
    if ids[subject.id] != DOCUMENT:
        found.append(relationship(DOCUMENT, "DESCRIBES", ids[subject.id]))
    for dependent in (subject.id, *sorted(key for key in needs if key != subject.id)):
        holder = dependent == subject.id and subject.type in HOLDERS
        for dependency in needs.get(dependent, ()):
            if dependent in ids and dependency in by_id and dependency in ids:
                found.append(_one(ids[dependent], by_id[dependency], ids[dependency], holder))
    return found


def _one(dependent: str, component: Component, dependency: str, holder: bool) -> Object:
    if dependent == DOCUMENT:
        return relationship(DOCUMENT, "DESCRIBES", dependency)
    if component.scope is Scope.EXCLUDED:
        return relationship(dependency, "DEV_DEPENDENCY_OF", dependent)
    if component.scope is Scope.OPTIONAL:
        return relationship(dependency, "OPTIONAL_DEPENDENCY_OF", dependent)
    return relationship(dependent, "CONTAINS" if holder else "DEPENDS_ON", dependency)


def relationship(element: str, kind: str, related: str) -> Object:
    """A relationship in its JSON form."""
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": related}
