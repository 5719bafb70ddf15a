"""An SPDX 3 document in JSON-LD as an SBOM.

Elements are found by ``spdxId``; the subject is the root of the ``software_Sbom`` (or of the document). What is no
package, edge or licence stays in `Sbom.extra` under ``spdx`` as it was, each package in its component.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assay.errors import Malformed
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import licensing, package3, terms3
from assay.formats.spdx.annotations import COMPONENT_FIELDS, DOCUMENT_FIELDS, values_of
from assay.formats.spdx.fields import restore
from assay.formats.spdx.names import DOCUMENT
from assay.formats.spdx.read import tool_of
from assay.model.component import Component, ComponentType, Scope
from assay.model.license import License
from assay.model.sbom import Sbom

_COLLECTIONS = frozenset({"SpdxDocument", "software_Sbom", "Bom", "Bundle"})
_LICENSE_ELEMENTS = frozenset({"simplelicensing_LicenseExpression", "simplelicensing_SimpleLicensingText"})


def sbom_of(document: Object) -> Sbom:
    """The SBOM that a JSON-LD tree holds; raises `Malformed` where it has no graph."""
    graph = [as_object(item) for item in as_list(document.get("@graph"))]
    if not graph and "type" in document:
        graph = [{key: value for key, value in document.items() if key != "@context"}]
    if not graph:
        raise Malformed("an SPDX 3 document without elements")
    return _Reader(document, graph).sbom()


def licenses_of(text: str, texts: Mapping[str, Object], kind: str) -> tuple[License, ...]:
    """The licences of an expression that a relationship of that kind points to."""
    return licensing.stated(text, texts, concluded=kind == "hasConcludedLicense")


class _Reader:
    """The elements of a document by id, and what is found from them."""

    def __init__(self, document: Object, graph: list[Object]) -> None:
        self.document, self.graph = document, graph
        self.elements = {_id(item): item for item in graph if _id(item)}
        self.names = {key: as_text(item.get("name")) for key, item in self.elements.items()}
        self.ours = self._annotations()
        self.own = any("sbom" in values for values in self.ours.values())
        self.relations = [item for item in graph if _type(item).endswith("Relationship")]

    def _annotations(self) -> dict[str, Object]:
        """What annotations of ours say, by subject."""
        found: dict[str, Object] = {}
        for item in self.graph:
            values = values_of(as_text(item.get("statement"))) if _type(item) == "Annotation" else None
            if values is not None:
                found.setdefault(as_text(item.get("subject")), {}).update(values)
        return found

    def sbom(self) -> Sbom:
        licenses, scopes = self._licenses(), self._scopes()
        components = {
            key: self._component(key, item, licenses.get(key, ()), scopes)
            for key, item in self.elements.items()
            if _type(item) in terms3.PACKAGES
        }
        root = self._root(components)
        subject = components.pop(root, None) or Component(self._name(), type=ComponentType.APPLICATION, ref=DOCUMENT)
        known = {key: component.id for key, component in components.items()} | {root: subject.id}
        sbom = Sbom(
            subject=subject,
            components=tuple(sorted(components.values(), key=lambda component: component.id)),
            dependencies=self._dependencies(known),
            serial=self._document_id(),
            source_format="spdx-json@3.0",
            extra={"spdx": {"@context": self.document.get("@context"), "@graph": self._others(components, root)}},
        )
        values = next((values for values in self.ours.values() if "sbom" in values), {})
        return restore(self._with_creation(sbom), values, DOCUMENT_FIELDS)

    def _component(
        self, key: str, item: Object, licenses: tuple[License, ...], scopes: Mapping[str, Scope]
    ) -> Component:
        component = package3.reading(item, self.names, licenses, "" if self.own else key)
        scope = Scope.REQUIRED if self.own else scopes.get(key, Scope.REQUIRED)
        component = replace(component, scope=scope, extra={"spdx": item})
        return restore(component, self.ours.get(key, {}), COMPONENT_FIELDS)

    def _licenses(self) -> dict[str, tuple[License, ...]]:
        found: dict[str, tuple[License, ...]] = {}
        for item in sorted(self.relations, key=lambda item: as_text(item.get("relationshipType")), reverse=True):
            kind = as_text(item.get("relationshipType"))
            if kind not in terms3.LICENSES:
                continue
            source = as_text(item.get("from"))
            for target in as_list(item.get("to")):
                expression = self._target(target)
                text = as_text(expression.get("simplelicensing_licenseExpression"))
                found[source] = found.get(source, ()) + licenses_of(text, self._texts(expression), kind)
        return found

    def _target(self, value: Json) -> Object:
        return as_object(value) or self.elements.get(as_text(value), {})

    def _texts(self, expression: Object) -> dict[str, Object]:
        """The custom licences of an expression, in the form of SPDX 2's extracted licences."""
        found: dict[str, Object] = {}
        for entry in map(as_object, as_list(expression.get("simplelicensing_customIdToUri"))):
            text = self._target(entry.get("value"))
            found[as_text(entry.get("key"))] = {
                "name": text.get("name"),
                "extractedText": text.get("simplelicensing_licenseText"),
                "seeAlsos": [text["comment"]] if text.get("comment") else [],
            }
        return found

    def _edges(self) -> list[tuple[str, str, Scope]]:
        found = []
        for item in self.relations:
            kind = as_text(item.get("relationshipType"))
            if kind in terms3.EDGES:
                scope = terms3.SCOPES.get(as_text(item.get("scope")), Scope.REQUIRED)
                scope = Scope.OPTIONAL if kind.startswith("hasOptional") else scope
                found += [(as_text(item.get("from")), as_text(target), scope) for target in as_list(item.get("to"))]
        return found

    def _scopes(self) -> dict[str, Scope]:
        found: dict[str, Scope] = {}
        for _, target, scope in self._edges():
            found[target] = scope if found.get(target, scope) is scope else Scope.REQUIRED
        return found

    def _dependencies(self, known: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        edges: dict[str, set[str]] = {}
        for source, target, _ in self._edges():
            if source in known and target in known and source != target:
                edges.setdefault(known[source], set()).add(known[target])
        return {key: tuple(sorted(found)) for key, found in sorted(edges.items())}

    def _collection(self, *kinds: str) -> Object:
        return next((item for kind in kinds for item in self.graph if _type(item) == kind), {})

    def _root(self, components: Mapping[str, Component]) -> str:
        for kind in ("software_Sbom", "Bom", "SpdxDocument"):
            roots = [as_text(item) for item in as_list(self._collection(kind).get("rootElement"))]
            packages = [name for name in roots if name in components]
            if len(packages) == 1:
                return packages[0]
        return self._document_id() or DOCUMENT

    def _document_id(self) -> str:
        return _id(self._collection("SpdxDocument"))

    def _name(self) -> str:
        return as_text(self._collection("SpdxDocument", "software_Sbom").get("name"))

    def _with_creation(self, sbom: Sbom) -> Sbom:
        info = self._target(self._collection("SpdxDocument", "software_Sbom").get("creationInfo"))
        by = [self.elements.get(as_text(name), {}) for name in as_list(info.get("createdBy"))]
        tools = [self.names.get(as_text(name), "") for name in as_list(info.get("createdUsing"))]
        people = tuple(as_text(item.get("name")) for item in by if _type(item) in {"Person", "Agent"})
        companies = [as_text(item.get("name")) for item in by if _type(item) == "Organization"]
        return replace(
            sbom,
            tools=tuple(tool_of(name) for name in tools if name),
            authors=people,
            supplier=next(iter(companies), ""),
            timestamp=as_text(info.get("created")),
        )

    def _others(self, components: Mapping[str, Component], root: str) -> list[Json]:
        """What the writer does not make anew."""
        return [item for item in self.graph if not self._made_anew(item, components, root)]

    def _made_anew(self, item: Object, components: Mapping[str, Component], root: str) -> bool:
        kind, relation = _type(item), as_text(item.get("relationshipType"))
        if _id(item) in components or _id(item) == root or kind in _COLLECTIONS or kind in _LICENSE_ELEMENTS:
            return True
        if relation in terms3.EDGES:
            return all(name in components or name == root for name in map(as_text, as_list(item.get("to"))))
        if kind == "CreationInfo":
            return _id(item) == terms3.CREATION
        return relation in terms3.LICENSES or values_of(as_text(item.get("statement"))) is not None


def _id(item: Object) -> str:
    return as_text(item.get("spdxId")) or as_text(item.get("@id"))


def _type(item: Object) -> str:
    return as_text(item.get("type")) or as_text(item.get("@type"))
