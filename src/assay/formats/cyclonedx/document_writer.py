"""A whole document in the JSON form, fitted to the version that is asked for.

::

    {"$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.7",
     "serialNumber": "urn:uuid:...", "version": 1, "metadata": {...}, "components": [...], "dependencies": [...],
     "compositions": [...]}

The serial number is a version 5 UUID (RFC 9562, 5.5) of the document without it and without the timestamp, so that
the same content has the same number; that of a document that was read stays with its content.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

from assay.errors import UsageError
from assay.formats import json_bytes
from assay.formats.cyclonedx import component_writer, names
from assay.formats.cyclonedx.fit import NEWEST, fit
from assay.formats.cyclonedx.restoring import restore
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.sbom import Completeness, Sbom, Tool

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")

_SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_TIMESTAMP = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-][01]\d:[0-5]\d)\Z")
_NAMESPACE = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")  # the URL namespace of RFC 9562, 6.6
_DATA_LICENSE = "CC0-1.0"
"""Of the documents that assay makes, as of all SPDX documents (SPDX 2.3, clause 6.2)."""

_FEW = 16
"""Components of a document that is encoded whole, twice, without `msgspec`."""

_OWN_KEYS = frozenset(
    {
        "$schema",
        "bomFormat",
        "specVersion",
        "serialNumber",
        "version",
        "metadata",
        "components",
        "dependencies",
        "signature",
    }
)
_METADATA_GROUPS = (
    (("timestamp",), ("timestamp",)),
    (("tools",), ("tools",)),
    (("authors",), ("authors",)),
    (("supplier",), ("supplier",)),
    (("lifecycles",), ("lifecycles",)),
    (("properties", "skipped", "layers", "attached", "distribution", "digests"), ("properties",)),
)


def build(sbom: Sbom, version: str = NEWEST, foreign: bool = False) -> tuple[Object, Counter[str]]:
    """The document, and what was lost on the way to that version (a count per kind).

    `foreign` keeps what other namespaces put into XML, which only XML can hold.
    """
    if version not in VERSIONS:
        raise UsageError(f"CycloneDX {version!r} cannot be written", f"choose one of: {', '.join(VERSIONS)}")
    document, lost = _fitted(sbom, version, foreign)
    return _head(document, sbom, version) | document, lost


def encode(sbom: Sbom, version: str = NEWEST) -> bytes:
    """The JSON of `build`, on one line; each part is encoded once, for the serial number and for the document."""
    document, _ = _fitted(sbom, version, foreign=False)
    if len(sbom.components) < _FEW:
        return json_bytes.encode(_head(document, sbom, version) | document)
    import msgspec

    parts: Object = {}
    metadata = document.get("metadata")
    for key in list(document):  # what is encoded is let go: a document of 20 MB need not be there three times
        parts[key] = msgspec.Raw(json_bytes.encode(document.pop(key)))  # type: ignore[assignment]
    document = {"metadata": metadata}
    return json_bytes.encode(_head(document, sbom, version, parts) | parts)


def lost(sbom: Sbom, version: str = NEWEST) -> Counter[str]:
    """What `build` would lose; a document that is in the words of that version already is not made for that."""
    raw = as_object(sbom.extra.get("cyclonedx"))
    return _fitted(sbom, version, foreign=False)[1] if raw or _needs_fit(sbom, version, foreign=False) else Counter()


def _fitted(sbom: Sbom, version: str, foreign: bool) -> tuple[Object, Counter[str]]:
    """The document without its head, and what was lost."""
    if version not in VERSIONS:
        raise UsageError(f"CycloneDX {version!r} cannot be written", f"choose one of: {', '.join(VERSIONS)}")
    raw = as_object(sbom.extra.get("cyclonedx"))
    document = _fresh(sbom, raw)
    missing: Counter[str] = Counter()
    if "signature" in raw:
        missing["the signature of the document, which a rewritten one cannot keep"] += 1
    if _needs_fit(sbom, version, foreign):
        document, missing_in_fit = fit(document, version, foreign)
        missing += missing_in_fit
    return document, missing


def _needs_fit(sbom: Sbom, version: str, foreign: bool) -> bool:
    return version != _written_as(sbom) or (not foreign and sbom.source_format.startswith("cyclonedx-xml"))


def _written_as(sbom: Sbom) -> str:
    """The version whose words the document consists of; empty where components come from documents of their own."""
    if "cyclonedx" in sbom.extra:
        return sbom.source_format.rpartition("@")[2]
    return "" if any("cyclonedx" in each.extra for each in (sbom.subject, *sbom.components)) else NEWEST


def _fresh(sbom: Sbom, raw: Object) -> Object:
    subject, components, refs = _components(sbom)
    meta = _metadata(sbom, as_object(raw.get("metadata")), subject)
    document: Object = {"metadata": meta} if meta or not raw or "metadata" in raw else {}
    if components or not raw or "components" in raw:
        document["components"] = components
    dependencies = _dependencies(sbom, refs, as_object(raw.get("dependencies")), bool(raw))
    if dependencies or "dependencies" in raw:
        document["dependencies"] = dependencies
    document |= {key: value for key, value in raw.items() if key not in _OWN_KEYS}
    if not raw:
        document["compositions"] = _compositions(sbom)
    return document


def _components(sbom: Sbom) -> tuple[Object, list[Json], list[str]]:
    """The subject, the components that stand by themselves, and the references of all components.

    What was nested when it was read is so again.
    """
    layers = {layer.position: layer for layer in sbom.layers}
    subject = component_writer.write(sbom.subject, layers)
    objects = [component_writer.write(component, layers) for component in sbom.components]
    written = {as_text(item["bom-ref"]): item for item in objects}
    nested: set[str] = set()
    for component in (sbom.subject, *sbom.components):
        inner = as_object(component.extra.get("cyclonedx")).get("components")
        if inner is None:
            continue
        held = [item for item in map(as_text, as_list(inner)) if item in written and item not in nested]
        nested.update(held)
        outer = subject if component is sbom.subject else written[component.id]
        outer["components"] = [written[item] for item in held]
    return subject, [written[key] for key in sorted(written) if key not in nested], list(written)


def _metadata(sbom: Sbom, raw: Object, subject: Object) -> Object:
    written: Object = {}
    if _TIMESTAMP.match(sbom.timestamp):
        written["timestamp"] = sbom.timestamp
    if sbom.lifecycles:
        written["lifecycles"] = [{"phase": str(phase)} for phase in sbom.lifecycles]
    if sbom.tools:
        written["tools"] = {"components": [_tool(tool) for tool in sbom.tools]}
    if sbom.authors:
        written["authors"] = [{"name": author} for author in sbom.authors]
    if sbom.subject.name or sbom.subject.extra:
        written["component"] = subject
    if sbom.supplier:
        written["supplier"] = {"name": sbom.supplier}
    if "cyclonedx" not in sbom.extra and (not sbom.source_format or sbom.source_format.startswith("spdx-")):
        written["licenses"] = [{"license": {"id": _DATA_LICENSE}}]
    if properties := _properties(sbom):
        written["properties"] = properties
    if raw:
        _restore(written, raw, sbom)
    return written


def _restore(written: Object, raw: Object, sbom: Sbom) -> None:
    """The words of the document that was read, wherever the nouns still say the same."""
    from assay.formats.cyclonedx import document_reader

    before = document_reader.metadata(raw)
    restore(written, raw, _METADATA_GROUPS, (before, sbom), {"component"})


def _tool(tool: Tool) -> Object:
    written: Object = {"type": "application"}
    if tool.vendor:
        written["supplier"] = {"name": tool.vendor}
    written["name"] = tool.name
    if tool.version:
        written["version"] = tool.version
    return written


def _properties(sbom: Sbom) -> list[Json]:
    """What has no field in CycloneDX, as JSON in properties."""
    pairs: list[tuple[str, object]] = [(names.LAYER, layer) for layer in sbom.layers]
    if sbom.distribution is not None:
        pairs.append((names.DISTRIBUTION, sbom.distribution))
    pairs += [(names.ATTACHED, attached) for attached in sbom.attached]
    pairs += [(names.SKIPPED, skipped) for skipped in sbom.skipped]
    own: list[Json] = [{"name": name, "value": _noun(noun)} for name, noun in pairs]
    own += [{"name": names.DIGEST, "value": str(digest)} for digest in sbom.digests]
    own += [{"name": item.name, "value": item.value} for item in sbom.properties]
    return own


def _noun(noun: object) -> str:
    import msgspec

    fields = msgspec.to_builtins(noun)
    empty: tuple[object, ...] = ("", None, -1, [], ())
    return json_bytes.encode({key: value for key, value in fields.items() if value not in empty}).decode()


def _dependencies(sbom: Sbom, refs: list[str], extra: Object, read: bool) -> list[Json]:
    """An entry per component; in a document that was read only those it had, for absence means unknown there."""
    own = {sbom.subject.id, *refs} if sbom.subject.name else set(refs)
    entries = set(sbom.dependencies) if read else own.union(sbom.dependencies)
    known = None if read else own
    return [_dependency(ref, sbom.dependencies, known, as_object(extra.get(ref))) for ref in sorted(entries)]


def _dependency(ref: str, dependencies: Mapping[str, tuple[str, ...]], known: set[str] | None, extra: Object) -> Object:
    needed = sorted({item for item in dependencies.get(ref, ()) if known is None or item in known})
    written: Object = {"ref": ref}
    if needed:
        written["dependsOn"] = list(needed)
    return extra | written


def _compositions(sbom: Sbom) -> list[Json]:
    """How complete the document is; with something skipped it is never complete."""
    aggregate = sbom.completeness
    if sbom.skipped and aggregate in (Completeness.COMPLETE, Completeness.UNKNOWN, Completeness.NOT_SPECIFIED):
        aggregate = Completeness.INCOMPLETE
    written: Object = {"aggregate": str(aggregate)}
    if sbom.subject.name:
        written |= {"assemblies": [sbom.subject.id], "dependencies": [sbom.subject.id]}
    return [written]


def _head(document: Object, sbom: Sbom, version: str, parts: Object | None = None) -> Object:
    """What stands before `document`, the serial number with it; `parts` are its members, where they are encoded."""
    raw = as_object(sbom.extra.get("cyclonedx"))
    head: Object = {"$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json"} if version >= "1.4" else {}
    head |= {"bomFormat": "CycloneDX", "specVersion": version}
    head["serialNumber"] = sbom.serial if _SERIAL.match(sbom.serial) else _serial(document, version, parts or document)
    number = raw.get("version")
    head["version"] = number if isinstance(number, int) and number > 0 else 1
    return head


def _serial(document: Object, version: str, parts: Object) -> str:
    metadata = {key: value for key, value in as_object(document.get("metadata")).items() if key != "timestamp"}
    content = json_bytes.encode([version, parts | {"metadata": metadata}])
    value = bytearray(hashlib.sha1(_NAMESPACE + content, usedforsecurity=False).digest()[:16])
    value[6] = value[6] & 0x0F | 0x50
    value[8] = value[8] & 0x3F | 0x80
    text = value.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
