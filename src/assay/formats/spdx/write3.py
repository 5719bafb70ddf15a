"""An SBOM as an SPDX 3.0.1 document in JSON-LD (SPDX 3.0.1, annex "RDF model and serializations").

::

    {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
     "@graph": [{"type": "CreationInfo", "@id": "_:creation-of-this-document", "specVersion": "3.0.1", ...},
                {"type": "SpdxDocument", ...}, {"type": "software_Sbom", ...}, {"type": "software_Package", ...},
                {"type": "Relationship", "from": "...", "relationshipType": "dependsOn", "to": ["..."], ...}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assay import __version__
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import licensing, package3, terms3
from assay.formats.spdx.annotations import COMPONENT_FIELDS, DOCUMENT_FIELDS, statement
from assay.formats.spdx.edges import HOLDERS
from assay.formats.spdx.fields import different, plain
from assay.formats.spdx.names import by_component, element_ids, namespace, short, slug
from assay.formats.spdx.read3 import licenses_of
from assay.formats.spdx.write import moment, without_extra
from assay.model.component import Component, Scope
from assay.model.license import Acknowledgement, License
from assay.model.sbom import Sbom, Tool


def document_of(sbom: Sbom) -> Object:
    """The JSON-LD tree of the whole document."""
    raw = as_object(sbom.extra.get("spdx"))
    if not any(tool.name == "assay" for tool in sbom.tools):
        sbom = replace(sbom, tools=(*sbom.tools, Tool("assay", __version__)))
    graph = _Graph(sbom, as_list(raw.get("@graph")))
    return {"@context": raw.get("@context") or terms3.CONTEXT, "@graph": [*graph.build()]}


class _Graph:
    """The elements of a document while they are collected."""

    def __init__(self, sbom: Sbom, others: list[Json]) -> None:
        self.sbom = sbom
        self.everyone = (sbom.subject, *sbom.components)
        content = as_object(plain(replace(without_extra(sbom), timestamp="", serial="", source_format="")))
        self.base = namespace(sbom.subject.name, content) + "#"
        local = element_ids(sbom.subject, sbom.components)
        pairs = zip(self.everyone, local, strict=True)
        self.iris = [_iri_as_read(item) or self.base + name for item, name in pairs]
        self.ids = by_component(self.everyone, self.iris)
        self.agents: dict[tuple[str, str], str] = {}
        self.elements: list[Object] = []
        self.others = [as_object(item) for item in others]

    def build(self) -> list[Object]:
        for component in self.everyone:
            self._add_agents(component)
        creation = self._creation()
        self._licenses()
        for component, iri in zip(self.everyone, self.iris, strict=True):
            self._package(component, iri)
        self._edges()
        self._annotate_document()
        fresh = {as_text(item.get("spdxId")) for item in self.elements}
        kept = [item for item in self.others if as_text(item.get("spdxId")) not in fresh]
        elements = self.elements + [item for item in kept if "spdxId" in item]
        return [creation, *self._collections(elements), *self.elements, *kept]

    def _add(self, kind: str, local: str, **properties: Json) -> str:
        """A new element with that local name; its id."""
        iri = self.base + local
        element: Object = {"type": kind, "spdxId": iri, "creationInfo": terms3.CREATION}
        self.elements.append(element | properties)
        return iri

    def _add_agents(self, component: Component) -> None:
        self._agent(component.supplier, "Organization")
        self._agent(component.author, "Person")

    def _agent(self, name: str, kind: str) -> str:
        if name and (kind, name) not in self.agents:
            local = f"SPDXRef-{kind}-{slug(name, 40)}-{short(name)}"
            self.agents[kind, name] = self._add(kind, local, name=name)
        return self.agents.get((kind, name), "")

    def _creation(self) -> Object:
        by = [self._agent(name, "Person") for name in self.sbom.authors]
        by = [self._agent(self.sbom.supplier, "Organization"), *by]
        using: list[Json] = []
        for tool in self.sbom.tools:
            name = f"{tool.name}-{tool.version}" if tool.version else tool.name
            using.append(self._add("Tool", f"SPDXRef-Tool-{slug(name)}-{short(name)}", name=name))
        if not any(by):
            by = [self._add("SoftwareAgent", "SPDXRef-SoftwareAgent-assay", name=f"assay-{__version__}")]
        return {
            "type": "CreationInfo",
            "@id": terms3.CREATION,
            "specVersion": terms3.SPEC_VERSION,
            "created": moment(self.sbom.timestamp),
            "createdBy": [*dict.fromkeys(name for name in by if name)],
            "createdUsing": using,
        }

    def _licenses(self) -> None:
        """One element per expression, and a relationship from each package to its own."""
        texts = licensing.extracted(item for component in self.everyone for item in component.licenses)
        uris = {key: self._licensing_text(info) for key, info in sorted(texts.items())}
        self.expressions: dict[str, str] = {}
        for component, iri in zip(self.everyone, self.iris, strict=True):
            for kind, stated in _by_kind(component).items():
                text = licensing.expression(stated)
                target = self.expressions.get(text) or self._expression(text, uris)
                self._relate(iri, kind, [target])

    def _licensing_text(self, info: Object) -> str:
        name = as_text(info["licenseId"])
        properties = {"name": info.get("name", name), "simplelicensing_licenseText": info["extractedText"]}
        if info.get("seeAlsos"):
            properties["comment"] = as_text(as_list(info["seeAlsos"])[0])
        return self._add("simplelicensing_SimpleLicensingText", f"SPDXRef-{name}", **properties)

    def _expression(self, text: str, uris: Mapping[str, str]) -> str:
        custom: list[Json] = [
            {"type": "DictionaryEntry", "key": key, "value": uri}
            for key, uri in uris.items()
            if key in licensing.references(text)
        ]
        properties: Object = {"simplelicensing_licenseExpression": text}
        if custom:
            properties["simplelicensing_customIdToUri"] = custom
        name = f"SPDXRef-License-{short(text)}"
        self.expressions[text] = self._add("simplelicensing_LicenseExpression", name, **properties)
        return self.expressions[text]

    def _package(self, component: Component, iri: str) -> None:
        fresh = package3.written(component, iri, self.agents)
        raw = as_object(component.extra.get("spdx"))
        raw = raw if "spdxId" in raw else {}
        self.elements.append({**{key: value for key, value in raw.items() if key not in package3.OWNED}, **fresh})
        names = {iri: name for (_, name), iri in self.agents.items()}
        ref = iri if component.ref == iri else ""
        found = package3.reading(fresh, names, self._stated(component), ref)
        rest = different(component, found, COMPONENT_FIELDS)
        if rest:
            self._annotate(iri, rest)

    def _stated(self, component: Component) -> tuple[License, ...]:
        """The licences as a reader will find them."""
        texts = licensing.extracted(component.licenses)
        found: tuple[License, ...] = ()
        for kind, stated in _by_kind(component).items():
            found += licenses_of(licensing.expression(stated), texts, kind)
        return found

    def _annotate(self, subject: str, values: Object) -> None:
        self._add(
            "Annotation",
            f"SPDXRef-Annotation-{short(subject.removeprefix(self.base))}",
            annotationType="other",
            subject=subject,
            statement=statement(values),
        )

    def _edges(self) -> None:
        by_id = {component.id: component for component in self.everyone}
        for dependent, needed in sorted(self.sbom.dependencies.items()):
            groups: dict[str, list[Json]] = {}
            for key in needed:
                if key in by_id and dependent in by_id:
                    groups.setdefault(_edge_kind(by_id[dependent], by_id[key], self.sbom), []).append(self.ids[key])
            for kind, targets in sorted(groups.items()):
                self._relate(self.ids[dependent], kind, targets)

    def _relate(self, source: str, kind: str, targets: list[Json]) -> None:
        scoped = kind == "development"
        name = f"SPDXRef-Relationship-{short(source.removeprefix(self.base) + kind)}"
        properties: Object = {"from": source, "relationshipType": "dependsOn" if scoped else kind, "to": targets}
        if scoped:
            properties["scope"] = "development"
        elif kind in terms3.EDGES and self.sbom.completeness in terms3.COMPLETENESS:
            properties["completeness"] = terms3.COMPLETENESS[self.sbom.completeness]
        self._add("LifecycleScopedRelationship" if scoped else "Relationship", name, **properties)

    def _annotate_document(self) -> None:
        reading = Sbom(
            self.sbom.subject,
            tools=tuple(Tool(tool.name, tool.version) for tool in self.sbom.tools),
            authors=self.sbom.authors,
            supplier=self.sbom.supplier,
            timestamp=self.sbom.timestamp,
        )
        rest = different(self.sbom, reading, DOCUMENT_FIELDS)
        self._annotate(self.base + "SPDXRef-DOCUMENT", {"sbom": 1, **rest})

    def _collections(self, elements: Iterable[Object]) -> list[Object]:
        """The document and the SBOM in it; both list what they hold."""
        members: list[Json] = [*sorted({as_text(item["spdxId"]) for item in elements})]
        kinds = {terms3.SBOM_TYPES[item] for item in self.sbom.lifecycles if item in terms3.SBOM_TYPES}
        sbom = self.base + "SPDXRef-SBOM"
        profiles: list[Json] = ["core", "software", "simpleLicensing"]
        collection: Object = {"creationInfo": terms3.CREATION, "profileConformance": profiles}
        inner: Object = {"type": "software_Sbom", "spdxId": sbom, **collection, "element": members}
        inner["rootElement"] = [self.ids[self.sbom.subject.id]]
        if kinds:
            inner["software_sbomType"] = [*sorted(kinds)]
        outer: Object = {"type": "SpdxDocument", "spdxId": self.base + "SPDXRef-DOCUMENT", **collection}
        outer["name"] = self.sbom.subject.name or "unnamed"
        return [outer | {"rootElement": [sbom], "element": [sbom, *members]}, inner]


def _iri_as_read(component: Component) -> str:
    iri = as_text(as_object(component.extra.get("spdx")).get("spdxId"))
    return iri if iri and iri == component.ref else ""


def _by_kind(component: Component) -> dict[str, list[License]]:
    kinds: dict[str, list[License]] = {}
    for item in component.licenses:
        concluded = item.acknowledgement is Acknowledgement.CONCLUDED
        kinds.setdefault("hasConcludedLicense" if concluded else "hasDeclaredLicense", []).append(item)
    return dict(sorted(kinds.items(), reverse=True))


def _edge_kind(dependent: Component, dependency: Component, sbom: Sbom) -> str:
    if dependency.scope is Scope.EXCLUDED:
        return "development"
    if dependency.scope is Scope.OPTIONAL:
        return "hasOptionalDependency"
    return "contains" if dependent is sbom.subject and dependent.type in HOLDERS else "dependsOn"
