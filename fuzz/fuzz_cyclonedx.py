"""CycloneDX documents, JSON and XML, read, written again in several versions, and read once more."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats.cyclonedx import json_reader, json_writer, xml_reader, xml_writer

_JSON = b"""{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber":
 "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "version": 1, "metadata": {"timestamp": "2026-01-01T00:00:00Z",
 "lifecycles": [{"phase": "build"}], "tools": {"components": [{"type": "application", "name": "t"}]},
 "component": {"type": "container", "name": "app", "components": [{"type": "file", "name": "f"}]}},
 "components": [{"type": "library", "bom-ref": "a", "name": "a", "version": "1", "purl": "pkg:npm/a@1", "scope":
 "excluded", "licenses": [{"license": {"id": "MIT", "text": {"content": "x"}}}, {"expression": "MIT OR ISC"}],
 "hashes": [{"alg": "MD5", "content": "00000000000000000000000000000000"}], "externalReferences": [{"type": "vcs",
 "url": "https://a.example"}], "evidence": {"identity": [{"field": "purl", "confidence": 1}], "occurrences":
 [{"location": "p", "line": 3, "additionalContext": "layer 1, found by x"}]}, "properties": [{"name":
 "assay:occurrence", "value": "{\\"path\\": \\"p\\"}"}, {"name": "assay:presence", "value": "declared"}]}],
 "dependencies": [{"ref": "a", "dependsOn": ["b"], "provides": ["c"]}], "compositions": [{"aggregate": "complete"}],
 "services": [{"name": "s", "data": [{"flow": "inbound", "classification": "c"}]}]}"""
_XML = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.6" xmlns:x="urn:x" version="1" x:y="z"><metadata><tools><tool>
<name>t</name></tool></tools><component type="container"><name>app</name></component></metadata><components>
<component type="library" bom-ref="a"><name>a</name><version>1</version><licenses><license><id>MIT</id></license>
<expression>MIT</expression></licenses><purl>pkg:npm/a@1</purl><evidence><copyright><text>c</text></copyright>
</evidence><x:foreign>1</x:foreign></component></components><services><service><name>s</name><data>
<classification flow="inbound">c</classification></data></service></services><dependencies><dependency ref="a">
<dependency ref="b"/><provides ref="c"/></dependency></dependencies></bom>"""
SEEDS: list[bytes] = [_JSON, _XML]

_READERS = {b"{": json_reader.read, b"<": xml_reader.read}


def run(data: bytes) -> None:
    """Reads by the first byte; what was read can always be written, and what was written can be read."""
    read = _READERS.get(data[:1])
    if read is None:
        return
    try:
        sbom = read(data)
    except AssayError:
        return
    for version in ("1.7", "1.4", "1.2"):
        json_reader.read(json_writer.write(sbom, version))
        xml_reader.read(xml_writer.write(sbom, version))
