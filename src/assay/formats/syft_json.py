"""syft-json, schema 16: the document that Syft writes, and Grype and others read.

::

    {"artifacts": [{"id": "0f8a...", "name": "bash", "version": "5.2.15-2", "type": "deb", "foundBy": "deb-status",
      "locations": [{"path": "/var/lib/dpkg/status", "accessPath": "/var/lib/dpkg/status"}], "licenses": [...],
      "language": "", "cpes": [...], "purl": "pkg:deb/debian/bash@5.2.15-2", "metadataType": "dpkg-db-entry",
      "metadata": {"package": "bash", "source": "", ...}}],
     "artifactRelationships": [{"parent": DEPENDENCY, "child": DEPENDENT, "type": "dependency-of"}],
     "source": {...}, "distro": {...}, "descriptor": {...}, "schema": {"version": "16.1.10", "url": "..."}}

Package types, languages and kinds of metadata by purl type are in ``syft_types.json``; the metadata that matchers
need (source packages, epochs, group names) is in `syft_metadata`. What a document holds beyond the nouns is kept
under ``extra["syft"]`` and written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from assay.errors import Malformed
from assay.formats import json_bytes, purl, spdx_license, syft_metadata
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object
from assay.model.component import Component, ComponentType, Occurrence, Presence, Scope
from assay.model.license import Acknowledgement, License
from assay.model.sbom import Distribution, Layer, Sbom, Tool

SCHEMA = "16.1.10"

_SCHEMA_URL = "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-{}.json"
_SOURCES = {ComponentType.CONTAINER: "image", ComponentType.FILE: "file"}
_SUBJECTS = {kind: component_type for component_type, kind in _SOURCES.items()}
_DISTRO = (
    ("prettyName", "pretty_name"),
    ("name", "name"),
    ("id", "id"),
    ("versionID", "version_id"),
    ("versionCodename", "version_codename"),
    ("variantID", "variant_id"),
    ("homeURL", "home_url"),
    ("cpeName", "cpe_name"),
)
_PRESENCE, _RANGE, _SCOPE = "assay:presence", "assay:version-range", "assay:scope"
"""Annotations of the first location of an artifact."""
_HELD = frozenset({"artifacts", "artifactRelationships", "source", "distro", "descriptor", "schema"})
_OWNERSHIP = "ownership-by-file-overlap"
_FROM_NOUN = frozenset({"name", "version", "foundBy", "locations", "licenses", "cpes", "purl"})


@cache
def _types() -> Mapping[str, Mapping[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(resources.files(__package__).joinpath("syft_types.json").read_bytes())
    return table


def write(sbom: Sbom, version: str = "") -> bytes:
    """The document; `version` names the schema's major version, of which there is one."""
    del version
    layers = {layer.position: layer for layer in sbom.layers}
    ids = {component.id: _artifact_id(component) for component in sbom.components}
    source = _source(sbom)
    document: Object = {
        "artifacts": [artifact(component, ids[component.id], layers) for component in sbom.components],
        "artifactRelationships": _relationships(sbom, ids, as_text(source["id"])),
    }
    document |= {key: value for key, value in _extra(sbom).items() if key not in _HELD}
    document |= {"source": source, "distro": _distro(sbom), "descriptor": _descriptor(sbom)}
    document["schema"] = {"version": SCHEMA, "url": _SCHEMA_URL.format(SCHEMA)}
    return json_bytes.dump(document, indent=1)


def _extra(holder: Sbom | Component) -> Object:
    return as_object(holder.extra.get("syft"))


def _artifact_id(component: Component) -> str:
    known = as_text(_extra(component).get("id"))
    return known or hashlib.sha256(component.id.encode("utf-8", "replace")).hexdigest()[:16]


def artifact(component: Component, artifact_id: str, layers: Mapping[int, Layer]) -> Object:
    """A component in the form of syft-json."""
    kind = _types().get(component.purl.type if component.purl else "", {})
    written: Object = {
        "id": artifact_id,
        "name": syft_metadata.full_name(component),
        "version": component.version,
        "type": kind.get("type") or ("linux-distro" if _is_system(component) else "UnknownPackage"),
        "foundBy": next((seen.found_by for seen in component.occurrences if seen.found_by), ""),
        "locations": _locations(component, layers),
        "licenses": [_license(license) for license in component.licenses],
        "language": kind.get("language", ""),
        "cpes": [{"cpe": cpe, "source": "declared"} for cpe in component.cpes],
        "purl": str(component.purl) if component.purl else "",
    }
    metadata = syft_metadata.write(component, kind.get("metadata", ""))
    if metadata:
        written |= {"metadataType": kind["metadata"], "metadata": metadata}
    raw = _extra(component)
    if raw:
        before = _component(raw, {})
        written |= {
            key: value for key, value in raw.items() if key not in _FROM_NOUN or _says_same(key, before, component)
        }
    return written


def _says_same(key: str, before: Component, now: Component) -> bool:
    fields = {"foundBy": "occurrences", "locations": "occurrences"}
    field = fields.get(key, key)
    if field == "occurrences":
        return [seen.path for seen in before.occurrences] == [seen.path for seen in now.occurrences]
    return bool(getattr(before, field) == getattr(now, field))


def _is_system(component: Component) -> bool:
    return component.type is ComponentType.OPERATING_SYSTEM


def _locations(component: Component, layers: Mapping[int, Layer]) -> list[Json]:
    """The places; the annotations of the first also say what syft-json has no field for."""
    places = [_location(seen, layers) for seen in component.occurrences]
    if places:
        as_object(places[0]["annotations"]).update(_notes(component))
    return list(places)


def _notes(component: Component) -> Object:
    """What readers but assay pass over: declared or installed, the range that is asked for, what it is needed for."""
    notes: Object = {}
    if component.presence is Presence.DECLARED:
        notes[_PRESENCE] = str(component.presence)
    if component.version_range:
        notes[_RANGE] = component.version_range
    if component.scope is not Scope.REQUIRED:
        notes[_SCOPE] = str(component.scope)
    return notes


def _location(seen: Occurrence, layers: Mapping[int, Layer]) -> Object:
    path = "/" + seen.path.partition("!/")[0].lstrip("/")
    written: Object = {"path": path, "accessPath": "/" + seen.path.replace("!/", ":").lstrip("/")}
    layer = layers.get(seen.layer)
    if layer is not None and (layer.diff_id or layer.digest):
        written["layerID"] = layer.diff_id or layer.digest
    return written | {"annotations": {"evidence": "primary"}}


def _license(license: License) -> Object:
    return {
        "value": license.expression or license.name,
        "spdxExpression": license.expression,
        "type": str(license.acknowledgement),
        "urls": [license.url] if license.url else [],
        "locations": [],
    }


def _relationships(sbom: Sbom, ids: Mapping[str, str], source: str) -> list[Json]:
    known: list[tuple[str, str, str]] = [(source, artifact, "contains") for artifact in ids.values()]
    for dependent, needed in sbom.dependencies.items():
        if dependent in ids:
            known += [(ids[item], ids[dependent], "dependency-of") for item in needed if item in ids]
    by_owner = [(ids[item.owned_by], ids[item.id]) for item in sbom.components if item.owned_by in ids]
    known += [(owner, owned, _OWNERSHIP) for owner, owned in by_owner]
    kept: list[Json] = [
        item
        for item in as_list(_extra(sbom).get("artifactRelationships"))
        if as_object(item).get("type") not in ("contains", "dependency-of", _OWNERSHIP)
    ]
    written: list[Json] = [
        {"parent": parent, "child": child, "type": kind} for parent, child, kind in sorted(set(known))
    ]
    return written + kept


def _source(sbom: Sbom) -> Object:
    subject = sbom.subject
    raw = as_object(_extra(sbom).get("source"))
    written: Object = {
        "id": hashlib.sha256(subject.id.encode("utf-8", "replace")).hexdigest(),
        "name": subject.name,
        "version": subject.version,
        "type": _SOURCES.get(subject.type, "directory"),
        "metadata": _image(sbom) if subject.type is ComponentType.CONTAINER else {"path": subject.name},
    }
    if subject.supplier:
        written["supplier"] = subject.supplier
    same = raw.get("name") == subject.name and as_text(raw.get("version")) == subject.version
    return written | raw if same else written


def _image(sbom: Sbom) -> Object:
    subject = sbom.subject
    layers: list[Json] = [
        {"mediaType": layer.media_type, "digest": layer.diff_id or layer.digest, "size": layer.size}
        for layer in sbom.layers
    ]
    return {
        "userInput": subject.name,
        "imageID": "",
        "manifestDigest": subject.version if ":" in subject.version else "",
        "mediaType": "",
        "tags": [],
        "imageSize": sum(layer.size for layer in sbom.layers),
        "layers": layers,
        "repoDigests": [],
        "architecture": subject.purl.qualifier("arch") if subject.purl else "",
        "os": "",
    }


def _distro(sbom: Sbom) -> Object:
    if sbom.distribution is None:
        return {}
    written: Object = {key: getattr(sbom.distribution, field) for key, field in _DISTRO}
    if sbom.distribution.id_like:
        written["idLike"] = list(sbom.distribution.id_like)
    return as_object(_extra(sbom).get("distro")) | {key: value for key, value in written.items() if value}


def _descriptor(sbom: Sbom) -> Object:
    tool = sbom.tools[0] if sbom.tools else Tool("assay")
    written: Object = {"name": tool.name, "version": tool.version}
    if sbom.timestamp:
        written["timestamp"] = sbom.timestamp
    return as_object(_extra(sbom).get("descriptor")) | written


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no syft-json."""
    document = load_object(data)
    if not isinstance(document.get("artifacts"), list) or not isinstance(document.get("schema"), dict):
        raise Malformed("not syft-json: artifacts or schema are missing")
    source, descriptor = as_object(document.get("source")), as_object(document.get("descriptor"))
    layers = _layers(source)
    by_artifact = _components(as_list(document["artifacts"]), {layer.diff_id: layer.position for layer in layers})
    _own(by_artifact, as_list(document.get("artifactRelationships")))
    kept: Object = {key: value for key, value in document.items() if key != "artifacts"}
    tool = Tool(as_text(descriptor.get("name")), as_text(descriptor.get("version")))
    return Sbom(
        subject=_subject(source),
        components=tuple(sorted(by_artifact.values(), key=lambda component: component.id)),
        dependencies=_dependencies(as_list(document.get("artifactRelationships")), by_artifact),
        distribution=_distribution(as_object(document.get("distro"))),
        layers=layers,
        tools=(tool,) if tool.name else (),
        timestamp=as_text(descriptor.get("timestamp")),
        source_format=f"syft-json@{as_text(as_object(document['schema']).get('version'))}",
        extra={"syft": kept},
    )


def _components(items: list[Json], layers: Mapping[str, int]) -> dict[str, Component]:
    """By artifact id; two artifacts with one purl get references that differ."""
    found: dict[str, Component] = {}
    taken: set[str] = set()
    for raw in map(as_object, items):
        component = _component(raw, layers)
        if component.id in taken:
            component = _with_ref(component, raw, f"{component.id}#{as_text(raw.get('id')) or len(taken)}")
        else:
            component = _with_ref(component, raw, "")
        taken.add(component.id)
        found[as_text(raw.get("id")) or component.id] = component
    return found


def _with_ref(component: Component, raw: Object, ref: str) -> Component:
    from dataclasses import replace

    return replace(component, ref=ref, extra={"syft": raw})


def _component(raw: Object, layers: Mapping[str, int]) -> Component:
    package = purl.read(as_text(raw.get("purl")))
    namespace, name = syft_metadata.split_name(as_text(raw.get("name")), package)
    found_by = as_text(raw.get("foundBy"))
    places = list(map(as_object, as_list(raw.get("locations"))))
    notes = as_object(places[0].get("annotations")) if places else {}
    version = as_text(raw.get("version"))
    return Component(
        name=name,
        version=version,
        version_range="" if version else as_text(notes.get(_RANGE)),
        presence=Presence.DECLARED if notes.get(_PRESENCE) == Presence.DECLARED else Presence.INSTALLED,
        scope=next((scope for scope in Scope if scope == notes.get(_SCOPE)), Scope.REQUIRED),
        type=ComponentType.OPERATING_SYSTEM if raw.get("type") == "linux-distro" else ComponentType.LIBRARY,
        namespace=namespace,
        ecosystem=package.type if package else as_text(raw.get("type")),
        purl=package,
        licenses=tuple(map(_read_license, as_list(raw.get("licenses")))),
        cpes=tuple(filter(None, map(_cpe, as_list(raw.get("cpes"))))),
        occurrences=tuple(_occurrence(item, layers, found_by) for item in places),
        properties=syft_metadata.facts(as_object(raw.get("metadata"))),
    )


def _cpe(item: Json) -> str:
    return as_text(item.get("cpe")) if isinstance(item, dict) else as_text(item)


def _read_license(item: Json) -> License:
    if not isinstance(item, dict):
        item = {"value": as_text(item)}
    expression = as_text(item.get("spdxExpression"))
    valid = spdx_license.is_valid(expression)
    return License(
        expression=expression if valid else "",
        name="" if valid else as_text(item.get("value")) or expression,
        acknowledgement=Acknowledgement.CONCLUDED if item.get("type") == "concluded" else Acknowledgement.DECLARED,
        url=as_text(next(iter(as_list(item.get("urls"))), "")),
    )


def _occurrence(item: Object, layers: Mapping[str, int], found_by: str) -> Occurrence:
    path = as_text(item.get("accessPath")) or as_text(item.get("path"))
    return Occurrence(path.lstrip("/"), layers.get(as_text(item.get("layerID")), -1), found_by)


def _layers(source: Object) -> tuple[Layer, ...]:
    items = map(as_object, as_list(as_object(source.get("metadata")).get("layers")))
    return tuple(
        Layer(position, diff_id=as_text(item.get("digest")), media_type=as_text(item.get("mediaType")))
        for position, item in enumerate(items)
    )


def _subject(source: Object) -> Component:
    return Component(
        name=as_text(source.get("name")),
        version=as_text(source.get("version")),
        type=_SUBJECTS.get(as_text(source.get("type")), ComponentType.APPLICATION),
        supplier=as_text(source.get("supplier")),
    )


def _distribution(raw: Object) -> Distribution | None:
    if not raw.get("id"):
        return None
    like = raw.get("idLike")
    likes = [like] if isinstance(like, str) else as_list(like)
    fields = {field: as_text(raw.get(key)) for key, field in _DISTRO}
    return Distribution(id_like=tuple(map(as_text, likes)), **fields)


def _own(by_artifact: dict[str, Component], items: list[Json]) -> None:
    """Set `owned_by` of what the files of another package hold."""
    for item in map(as_object, items):
        owner, owned = as_text(item.get("parent")), as_text(item.get("child"))
        if item.get("type") == _OWNERSHIP and owner != owned and {owner, owned} <= by_artifact.keys():
            by_artifact[owned] = by_artifact[owned].changed(owned_by=by_artifact[owner].id)


def _dependencies(items: list[Json], by_artifact: Mapping[str, Component]) -> dict[str, tuple[str, ...]]:
    graph: dict[str, set[str]] = {}
    for item in map(as_object, items):
        needed, dependent = (by_artifact.get(as_text(item.get(key))) for key in ("parent", "child"))
        if item.get("type") == "dependency-of" and needed is not None and dependent is not None:
            graph.setdefault(dependent.id, set()).add(needed.id)
    return {ref: tuple(sorted(graph[ref])) for ref in sorted(graph)}
