"""An SBOM as an SPDX 2 document (its JSON tree), complete for 2.3 and 2.2.

Nothing in it depends on clock or chance: the namespace is a UUID of the content without its times.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime

from assay import __version__
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import edges, licensing
from assay.formats.spdx.annotations import DOCUMENT_FIELDS, EPOCH, annotation, is_ours, split
from assay.formats.spdx.fields import different
from assay.formats.spdx.names import DOCUMENT, agent, by_component, element_ids, namespace
from assay.formats.spdx.package import package_of
from assay.formats.spdx.read import with_creation
from assay.formats.spdx.versions import adapt
from assay.model.sbom import Completeness, Sbom, Tool

_ORDER = [
    "spdxVersion",
    "dataLicense",
    "SPDXID",
    "name",
    "documentNamespace",
    "creationInfo",
    "comment",
    "externalDocumentRefs",
    "documentDescribes",
    "annotations",
    "packages",
    "files",
    "snippets",
    "hasExtractedLicensingInfos",
    "relationships",
    "revieweds",
]


def document_of(sbom: Sbom, version: str = "2.3") -> Object:
    """The tree that every written form of SPDX 2 shares; `version` is ``2.2`` or ``2.3``."""
    raw = as_object(sbom.extra.get("spdx"))
    raw = raw if "spdxVersion" in raw else {}
    if not any(tool.name == "assay" for tool in sbom.tools):
        sbom = replace(sbom, tools=(*sbom.tools, Tool("assay", __version__)))
    document = _undated(sbom, raw, version)
    kept = sbom.serial if sbom.source_format.startswith("spdx-") and "://" in sbom.serial else ""
    document["documentNamespace"] = kept or namespace(as_text(document["name"]), document)
    date = _date(sbom.timestamp, as_text(as_object(raw.get("creationInfo")).get("created")))
    as_object(document["creationInfo"])["created"] = date
    _set_dates(document, date)
    return {key: document[key] for key in _ORDER if key in document} | document


def _date(timestamp: str, as_written: str) -> str:
    """The time as SPDX wants it, to the second and in UTC; that of a document that was read stays as it is."""
    return timestamp if timestamp and timestamp == as_written else moment(timestamp)


def moment(timestamp: str) -> str:
    """A time as SPDX writes it: ``2026-01-31T12:00:00Z``; the epoch for what is none."""
    try:
        found = datetime.fromisoformat(timestamp)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return EPOCH


def _undated(sbom: Sbom, raw: Object, version: str) -> Object:
    """The document with no time and no namespace in it yet."""
    ours = is_ours(raw) if raw else True
    infos = licensing.texts(raw.get("hasExtractedLicensingInfos"))
    names = element_ids(sbom.subject, sbom.components)
    everyone = (sbom.subject, *sbom.components)
    ids = by_component(everyone, names)
    packages = [
        package_of(item, name, infos, ours, version)
        for item, name in zip(everyone, names, strict=True)
        if item.ref != DOCUMENT
    ]
    creation = _creation_info(sbom, as_object(raw.get("creationInfo")))
    document: Object = {
        **raw,
        "spdxVersion": f"SPDX-{version}",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": as_text(raw.get("name")) or sbom.subject.name or "unnamed",
        "creationInfo": creation,
        "annotations": _annotations(sbom, raw, creation, ours),
        "packages": [*packages],
        "hasExtractedLicensingInfos": [infos[key] for key in sorted(infos)],
        **_relations(sbom, raw, ids),
    }
    document.pop("documentNamespace", None)
    document = {key: value for key, value in document.items() if value != []}
    return adapt(document, version)


def _creation_info(sbom: Sbom, raw: Object) -> Object:
    info: Object = {key: value for key, value in raw.items() if key != "created"}
    info["creators"] = [*_creators(sbom)]
    comment = as_text(raw.get("comment")) or _context(sbom)
    return {**info, "comment": comment} if comment else info


def _context(sbom: Sbom) -> str:
    """The generation context and the completeness in words."""
    parts = []
    if sbom.lifecycles:
        parts.append(f"Generation context: {', '.join(sbom.lifecycles)}.")
    if sbom.completeness is not Completeness.UNKNOWN:
        parts.append(f"Completeness: {sbom.completeness}.")
    if sbom.skipped:
        parts.append(f"{len(sbom.skipped)} entries could not be read; the annotation of the document lists them.")
    return " ".join(parts)


def _creators(sbom: Sbom) -> list[str]:
    found = [agent(sbom.supplier)] if sbom.supplier else []
    found += [agent(name, "Person") for name in sbom.authors]
    found += [f"Tool: {tool.name}-{tool.version}" if tool.version else f"Tool: {tool.name}" for tool in sbom.tools]
    return list(dict.fromkeys(found))


def _annotations(sbom: Sbom, raw: Object, creation: Object, ours: bool) -> list[Json]:
    """Others' annotations, and ours where the document says more than SPDX can (always in a fresh document)."""
    reading = with_creation(Sbom(sbom.subject), {**creation, "created": sbom.timestamp})
    rest = different(sbom, reading, DOCUMENT_FIELDS)
    if ours:
        rest = {"sbom": 1, **rest}
    return split(raw.get("annotations"))[1] + ([annotation(rest, "")] if rest else [])


def _relations(sbom: Sbom, raw: Object, ids: Mapping[str, str]) -> Object:
    """``relationships`` and ``documentDescribes``.

    As they were written where the edges are still the same and both ends still there; else what is no edge, and
    the edges anew.
    """
    known = {spdx_id: component_id for component_id, spdx_id in ids.items()}
    needs = {key: found for key, found in sbom.dependencies.items() if found}
    elements = known.keys() | _other_elements(raw)
    kept = [item for item in edges.relationships(raw) if _alive(item, elements)]
    if raw and edges.dependencies(raw, known, ids[sbom.subject.id]) == needs:
        names = [item for item in as_list(raw.get("documentDescribes")) if as_text(item) in known]
        return {"relationships": [*kept], "documentDescribes": names}
    fresh = edges.written(sbom.subject, sbom.components, sbom.dependencies, ids)
    return {"relationships": [*fresh, *(item for item in kept if edges.edge(item) is None)], "documentDescribes": []}


def _other_elements(raw: Object) -> set[str]:
    elements = as_list(raw.get("files")) + as_list(raw.get("snippets"))
    return {as_text(as_object(item).get("SPDXID")) for item in elements}


def _alive(item: Object, elements: Set[str]) -> bool:
    """Whether both ends of a relationship are there (a reference into another document always is)."""
    ends = edges.parts(item)[0], edges.parts(item)[2]
    outside = {DOCUMENT, "NONE", "NOASSERTION"}
    return all(name in elements or name in outside or name.startswith("DocumentRef-") for name in ends)


def _set_dates(document: Object, date: str) -> None:
    """Gives our annotations the time of the document."""
    for holder in (document, *map(as_object, as_list(document.get("packages")))):
        if "annotations" in holder:
            items = map(as_object, as_list(holder["annotations"]))
            holder["annotations"] = [_dated(item, date) for item in items]


def _dated(item: Object, date: str) -> Json:
    return {**item, "annotationDate": date} if split([item])[0] is not None else item


def without_extra(sbom: Sbom) -> Sbom:
    """`sbom` without what it kept of the document it came from: what a fresh document is made of."""
    bare = tuple(replace(item, extra={}) for item in sbom.components)
    return replace(sbom, subject=replace(sbom.subject, extra={}), components=bare, extra={})
