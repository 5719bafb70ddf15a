"""A whole document out of the JSON form of any version.

Nested components become components of their own; which ones were nested where stays in `Component.extra`. Entries
of the dependency graph that name services are kept like all others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import msgspec

from assay.errors import LimitExceeded
from assay.formats import digest, typed
from assay.formats.cyclonedx import component_reader, names
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, Property
from assay.model.digest import Digest
from assay.model.sbom import Attached, Completeness, Distribution, Layer, Lifecycle, Sbom, Skipped, Tool

MAX_COMPONENTS = 5_000_000

_Noun = TypeVar("_Noun")
_PHASES = {str(phase): phase for phase in Lifecycle}
_COMPLETENESS = {str(value): value for value in Completeness}
_OWN = frozenset({names.LAYER, names.DISTRIBUTION, names.ATTACHED, names.SKIPPED, names.DIGEST})


def sbom(document: Object, source_format: str) -> Sbom:
    """The noun; the document's own words stay in `extra["cyclonedx"]`."""
    meta = as_object(document.get("metadata"))
    reader = _Components()
    subject = _subject(meta, reader)
    reader.read(as_list(document.get("components")))
    dependencies, others = _dependencies(as_list(document.get("dependencies")))
    kept: Object = {key: value for key, value in document.items() if key not in ("components", "dependencies")}
    kept["metadata"] = {key: value for key, value in meta.items() if key != "component"}
    if not isinstance(document.get("metadata"), dict):
        del kept["metadata"]
    kept |= {"components": True} if "components" in document else {}
    kept |= {"dependencies": others} if "dependencies" in document else {}
    return replace(
        metadata(meta),
        subject=subject,
        components=tuple([reader.found[name] for name in sorted(reader.found)]),
        dependencies=dependencies,
        completeness=_completeness(document, subject),
        serial=as_text(document.get("serialNumber")),
        source_format=source_format,
        extra={"cyclonedx": kept},
    )


def metadata(meta: Object) -> Sbom:
    """The part of the noun that `metadata` gives, all else empty."""
    properties = component_reader.read_properties(meta.get("properties"))
    distributions = _nouns(properties, names.DISTRIBUTION, Distribution)
    return Sbom(
        subject=Component(""),
        timestamp=as_text(meta.get("timestamp")),
        lifecycles=_lifecycles(meta),
        tools=_tools(meta.get("tools")),
        authors=tuple(filter(None, (as_text(as_object(item).get("name")) for item in as_list(meta.get("authors"))))),
        supplier=as_text(as_object(meta.get("supplier")).get("name")),
        layers=_nouns(properties, names.LAYER, Layer),
        skipped=_nouns(properties, names.SKIPPED, Skipped),
        attached=_nouns(properties, names.ATTACHED, Attached),
        distribution=distributions[0] if distributions else None,
        digests=_digests(properties),
        properties=tuple(item for item in properties if item.name not in _OWN),
    )


def _nouns(properties: tuple[Property, ...], name: str, noun: type[_Noun]) -> tuple[_Noun, ...]:
    found = []
    for item in properties:
        if item.name == name:
            try:
                found.append(typed.json_decoder(noun).decode(item.value))
            except (msgspec.MsgspecError, RecursionError):
                continue
    return tuple(found)


def _digests(properties: tuple[Property, ...]) -> tuple[Digest, ...]:
    found = [digest.find(item.value) for item in properties if item.name == names.DIGEST]
    return tuple(known for known in found if known is not None)


def _lifecycles(meta: Object) -> tuple[Lifecycle, ...]:
    phases = [as_text(as_object(item).get("phase")) for item in as_list(meta.get("lifecycles"))]
    return tuple(_PHASES[phase] for phase in phases if phase in _PHASES)


def _tools(value: Json) -> tuple[Tool, ...]:
    """Both forms: a list of tools, and since 1.5 components and services."""
    if isinstance(value, dict):
        value = [*as_list(value.get("components")), *as_list(value.get("services"))]
    return tuple(_tool(as_object(item)) for item in as_list(value))


def _tool(item: Object) -> Tool:
    makers = [as_object(item.get(key)).get("name") for key in ("supplier", "manufacturer", "provider")]
    vendor = next(
        filter(None, map(as_text, [item.get("vendor"), *makers, item.get("publisher"), item.get("author")])), ""
    )
    return Tool(as_text(item.get("name")), as_text(item.get("version")), vendor)


def _subject(meta: Object, reader: _Components) -> Component:
    raw = meta.get("component")
    if not isinstance(raw, dict):
        return Component("")
    return reader.one(raw)


class _Components:
    """Collects components, however deep they are nested, under ids that differ."""

    def __init__(self) -> None:
        self.found: dict[str, Component] = {}
        self._ids: set[str] = set()

    def read(self, items: list[Json]) -> list[str]:
        """The ids of the components of a list; they and what is nested in them are collected."""
        ids = []
        for item in items:
            if isinstance(item, dict):
                component = self.one(item)
                name = component.id
                self.found[name] = component
                ids.append(name)
        return ids

    def one(self, raw: Object) -> Component:
        """A component, its nested ones collected; deep nesting is bounded by that of the document."""
        if len(self._ids) > MAX_COMPONENTS:
            raise LimitExceeded(f"more than {MAX_COMPONENTS} components")
        kept = dict(raw)
        component = component_reader.component(raw, {"cyclonedx": kept})
        if component.ref and component.purl is None and component.ref == (natural := replace(component, ref="")).id:
            component = natural
        name = component.id
        if name in self._ids:
            component = replace(component, ref=self._free(name))
            name = component.id
        self._ids.add(name)
        if "components" in raw:
            kept["components"] = list(self.read(as_list(raw["components"])))
        return component

    def _free(self, taken: str) -> str:
        number = len(self._ids)
        while f"{taken}#{number}" in self._ids:
            number += 1
        return f"{taken}#{number}"


def _dependencies(items: list[Json]) -> tuple[dict[str, tuple[str, ...]], Object]:
    """The graph, and per entry what else it says (`provides`)."""
    graph: dict[str, tuple[str, ...]] = {}
    others: Object = {}
    for item in map(as_object, items):
        ref = as_text(item.get("ref"))
        if not ref:
            continue
        needed = {text for text in map(as_text, as_list(item.get("dependsOn"))) if text}
        graph[ref] = tuple(sorted(needed.union(graph.get(ref, ()))))
        other: Object = {key: value for key, value in item.items() if key not in ("ref", "dependsOn")}
        if item.get("dependsOn") == []:
            other["dependsOn"] = []
        if other:
            others[ref] = other
    return graph, others


def _completeness(document: Object, subject: Component) -> Completeness:
    """What the first composition says that speaks of the subject, else of everything."""
    for item in map(as_object, as_list(document.get("compositions"))):
        about = [*as_list(item.get("assemblies")), *as_list(item.get("dependencies"))]
        if not about or subject.id in about:
            return _COMPLETENESS.get(as_text(item.get("aggregate")), Completeness.UNKNOWN)
    return Completeness.UNKNOWN
