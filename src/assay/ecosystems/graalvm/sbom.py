"""The SBOM of a GraalVM native image (GraalVM, "Software Bill of Materials in Native Image").

A native image has its heap in a section ``.svm_heap`` (``__svm_heap`` on macOS, cut to ``.svm_hea`` on Windows). With
``--enable-sbom``, the default of Oracle GraalVM, it exports the symbol `sbom`, where a gzip-compressed CycloneDX JSON
document begins, and `sbom_length`, where its size is (64 bits). Quarkus and Mandrel do the same.
"""

from __future__ import annotations

import zlib

from assay.errors import LimitExceeded, Malformed
from assay.formats import executable, exported_symbols, json, purl, spdx_license
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Found
from assay.model.executable import Executable
from assay.model.license import License

_START, _LENGTH = "sbom", "sbom_length"
_MAX_COMPRESSED = 64 << 20
_MAX_BYTES = 64 << 20
_TYPES = {str(kind): kind for kind in ComponentType}


def parse(file: File) -> Found:
    """The components of the embedded document, and their dependencies; nothing for images without one."""
    image = file.executable or executable.read(file.content)
    data = _embedded(file, image) if image is not None else None
    if data is None:
        return Found()
    document = json.load_object(_gunzip(data))
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


def _embedded(file: File, image: Executable) -> bytes | None:
    """What the symbols show; raises `Malformed` where they lead out of the file."""
    symbols = exported_symbols.addresses(file.content, image, {_START, _LENGTH})
    if len(symbols) < 2:
        return None
    start, at = (exported_symbols.offset(file.content, image, symbols[name]) for name in (_START, _LENGTH))
    size = int.from_bytes(file.content[at : at + 8], "little" if image.little_endian else "big")
    if min(start, at) < 0 or start + size > len(file.content):
        raise Malformed("the symbols of the SBOM lead out of the file")
    if size > _MAX_COMPRESSED:
        raise LimitExceeded(f"an SBOM of {size} bytes")
    return file.content[start : start + size]


def _gunzip(data: bytes) -> bytes:
    engine = zlib.decompressobj(31)
    try:
        text = engine.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise Malformed(f"the embedded SBOM is not gzip data: {error}") from error
    if engine.unconsumed_tail:
        raise LimitExceeded(f"the embedded SBOM holds more than {_MAX_BYTES} bytes")
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
