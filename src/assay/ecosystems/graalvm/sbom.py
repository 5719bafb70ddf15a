"""The SBOM of a GraalVM native image (GraalVM, "Software Bill of Materials in Native Image").

A native image has its heap in a section ``.svm_heap`` (``__svm_heap`` on macOS, cut to ``.svm_hea`` on Windows). With
``--enable-sbom``, the default of Oracle GraalVM, it exports the symbol `sbom`, where a gzip-compressed CycloneDX JSON
document begins, and `sbom_length`, where its size is (64 bits). Quarkus and Mandrel do the same.
"""

from __future__ import annotations

import re
import zlib

from assay.errors import LimitExceeded, Malformed
from assay.formats import executable, exported_symbols, json, purl, sbom_contents
from assay.formats.cyclonedx import document_reader
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.ecosystem import File, Found
from assay.model.executable import Executable

_START, _LENGTH = "sbom", "sbom_length"
_ARTIFACT = re.compile(r"[\w.-]+")
"""What Maven takes for an artifact id; ``Oracle GraalVM`` of ``com.oracle`` is none."""
_MAX_COMPRESSED = 64 << 20
_MAX_BYTES = 64 << 20


def parse(file: File) -> Found:
    """The components of the embedded document, and their dependencies; nothing for images without one."""
    image = file.executable or executable.read(file.content)
    data = _embedded(file, image) if image is not None else None
    if data is None:
        return Found()
    document = json.load_object(_gunzip(data))
    for entry in (as_object(document.get("metadata")).get("component"), *as_list(document.get("components"))):
        _identify(as_object(entry))
    try:
        found = sbom_contents.contents(document_reader.sbom(document, "cyclonedx-json"))
    except RecursionError:
        raise Malformed("components nested too deep") from None
    return Found(found.components, found.edges)


def _identify(entry: Object) -> None:
    """Give a component its purl, which the documents of elder images leave out."""
    group, name, version = (as_text(entry.get(key)) for key in ("group", "name", "version"))
    if name and not as_text(entry.get("purl")):
        made = purl.attempt("maven" if group and _ARTIFACT.fullmatch(name) else "generic", name, version, group)
        entry |= {"purl": str(made)} if made is not None else {}


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
