"""SBOM documents of unknown format: detected, taken out of envelopes, read; syft-json and purl lists among them."""

from __future__ import annotations

from assay.ecosystems.sbom import document
from assay.errors import AssayError
from assay.formats import sbom_document, syft_json
from assay.formats.detect import detect, unwrap
from assay.model.ecosystem import File

SEEDS: list[bytes] = [
    b"""{"artifacts": [{"id": "1", "name": "@a/b", "version": "1", "type": "npm", "foundBy": "x", "locations":
    [{"path": "/p", "layerID": "sha256:0"}], "licenses": [{"value": "MIT", "spdxExpression": "MIT", "type": "declared",
    "urls": ["u"]}, "BSD"], "cpes": [{"cpe": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"}, "x"], "purl": "pkg:npm/%40a/b@1"},
    {"id": "2", "name": "c", "purl": "pkg:deb/debian/c@1?upstream=d%401"}], "artifactRelationships": [{"parent": "1",
    "child": "2", "type": "dependency-of"}], "source": {"id": "s", "name": "n", "type": "image", "metadata": {"layers":
    [{"digest": "sha256:0"}]}}, "distro": {"id": "debian", "versionID": "12", "idLike": ["x"]}, "descriptor": {"name":
    "syft"}, "schema": {"version": "16.0.0"}}""",
    b"# list\npkg:npm/a@1\npkg:deb/debian/b@2?arch=all#x\n",
    b"""{"_type": "https://in-toto.io/Statement/v1", "predicate": {"bomFormat": "CycloneDX", "specVersion": "1.5"}}""",
    b"""{"payloadType": "application/vnd.in-toto+json", "payload": "eyJfdHlwZSI6MSwicHJlZGljYXRlIjp7fX0="}""",
    b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>""",
    b"SPDXVersion: SPDX-2.3\n",
]


def run(data: bytes) -> None:
    """Reads whatever it is, as a document and as one inside of something; a syft-json document is written again."""
    detect(data)
    detect(data[:100])
    unwrap(data)
    try:
        document.parse(File("bom.json", data))
        sbom = sbom_document.read(data)
    except AssayError:
        return
    if sbom.source_format.startswith("syft-json"):
        syft_json.read(syft_json.write(sbom))
