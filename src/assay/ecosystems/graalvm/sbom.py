"""The SBOM of a GraalVM native image (GraalVM, "Embedding a Software Bill of Materials").

``native-image --enable-sbom`` puts a gzip-compressed CycloneDX JSON document into the binary. Its place is told by the
symbols `sbom` and `sbom_length`; builds that keep a section of that name are read here.
"""

from __future__ import annotations

import zlib

from assay.errors import LimitExceeded, Malformed
from assay.formats import executable, json, purl, spdx_license
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Found
from assay.model.license import License

_SECTIONS = ("sbom", "__sbom")
_MAX_BYTES = 64 << 20
_TYPES = {str(kind): kind for kind in ComponentType}


def parse(file: File) -> Found:
    """The components of the embedded document, and their dependencies."""
    image = file.executable or executable.read(file.content, frozenset(_SECTIONS))
    place = next((image.sections[name] for name in _SECTIONS if name in image.sections), None) if image else None
    if place is None:
        return Found()
    document = json.load_object(_gunzip(file.content[place[0] : place[0] + place[1]]))
    entries = [as_object(as_object(document.get("metadata")).get("component"))]
    entries += [as_object(entry) for entry in as_list(document.get("components"))]
    known = {as_text(entry.get("bom-ref")) or str(number): entry for number, entry in enumerate(entries)}
    components = {ref: item for ref, entry in known.items() if (item := _component(entry)) is not None}
    edges = [
        (components[dependent].id, components[dependency].id)
        for row in map(as_object, as_list(document.get("dependencies")))
        for dependent, dependency in _pairs(row)
        if dependent in components and dependency in components
    ]
    return Found(tuple(components.values()), tuple(dict.fromkeys(edges)))


def _gunzip(data: bytes) -> bytes:
    engine = zlib.decompressobj(31)
    try:
        text = engine.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise Malformed(f"the section sbom is not gzip data: {error}") from error
    if engine.unconsumed_tail:
        raise LimitExceeded(f"the section sbom holds more than {_MAX_BYTES} bytes")
    return text


def _pairs(row: Object) -> list[tuple[str, str]]:
    return [(as_text(row.get("ref")), as_text(item)) for item in as_list(row.get("dependsOn"))]


def _component(entry: Object) -> Component | None:
    group, name, version = (as_text(entry.get(key)) for key in ("group", "name", "version"))
    if not name:
        return None
    try:
        identity = purl.build("maven", name, version, group) if group else purl.build("generic", name, version)
    except Malformed:
        identity = None
    kind = _TYPES.get(as_text(entry.get("type")), ComponentType.LIBRARY)
    return Component(name, version, kind, group, purl=identity, licenses=_licenses(entry))


def _licenses(entry: Object) -> tuple[License, ...]:
    rows = [as_object(row) for row in as_list(entry.get("licenses"))]
    choices = [as_object(row.get("license")) for row in rows]
    texts = [as_text(row.get("expression")) for row in rows]
    texts += [as_text(choice.get("id")) or as_text(choice.get("name")) for choice in choices]
    return tuple(item for text in texts if text for item in spdx_license.normalise(text))
