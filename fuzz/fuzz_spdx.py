"""SPDX documents: tag-value, YAML, JSON and JSON-LD, read, checked and written again."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats.spdx import documents

_TAG_VALUE = b"""SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: app
DocumentNamespace: https://app.example/1
ExternalDocumentRef: DocumentRef-x https://x.example/1 SHA1: 0000000000000000000000000000000000000000
Creator: Tool: other-1.2
Created: 2026-01-01T00:00:00Z
PackageName: bash
SPDXID: SPDXRef-bash
PackageVersion: 5.2
PackageSupplier: Organization: ACME (a@acme.example)
PackageDownloadLocation: NOASSERTION
PackageVerificationCode: 00 (excludes: ./a, ./b)
PackageChecksum: SHA1: 0000000000000000000000000000000000000000
PackageLicenseDeclared: MIT AND LicenseRef-1
PackageComment: <text>two
lines</text>
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/bash@5.2
ExternalRefComment: c
FileName: ./f
SPDXID: SPDXRef-f
SnippetSPDXID: SPDXRef-s
SnippetFromFileSPDXID: SPDXRef-f
SnippetByteRange: 1:2
LicenseID: LicenseRef-1
ExtractedText: <text>x</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-bash
RelationshipComment: why
Annotator: Person: A
AnnotationComment: assay: {"presence":"declared"}
SPDXREF: SPDXRef-bash
"""
_YAML = b"""spdxVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
name: app
creationInfo: {created: '2026-01-01T00:00:00Z', creators: ['Tool: other-1.2']}
packages:
- {SPDXID: SPDXRef-a, name: a, downloadLocation: NONE, licenseDeclared: MIT OR LicenseRef-x}
relationships:
- {spdxElementId: SPDXRef-DOCUMENT, relationshipType: DESCRIBES, relatedSpdxElement: SPDXRef-a}
"""
_JSON_LD = b"""{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
{"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z",
 "createdBy": ["x:p"]},
{"type": "Person", "spdxId": "x:p", "creationInfo": "_:c", "name": "P"},
{"type": "SpdxDocument", "spdxId": "x:d", "creationInfo": "_:c", "rootElement": ["x:a"], "element": ["x:a", "x:b"]},
{"type": "software_Package", "spdxId": "x:a", "creationInfo": "_:c", "name": "a",
 "verifiedUsing": [{"type": "Hash", "algorithm": "md5", "hashValue": "00"}]},
{"type": "software_Package", "spdxId": "x:b", "creationInfo": "_:c", "software_packageUrl": "pkg:npm/b@1"},
{"type": "Relationship", "spdxId": "x:r", "creationInfo": "_:c", "from": "x:a", "to": ["x:b"],
 "relationshipType": "dependsOn"}]}
"""
_JSON = b"""{"spdxVersion": "SPDX-2.2", "SPDXID": "SPDXRef-DOCUMENT", "name": "app",
"packages": [{"SPDXID": "SPDXRef-a", "name": "a",
"externalRefs": [{"referenceCategory": "OTHER", "referenceType": "x", "referenceLocator": "y"}]}],
"documentDescribes": ["SPDXRef-a"], "annotations": [{"comment": "assay: {\\"sbom\\": 1, \\"layers\\": []}"}]}
"""
SEEDS: list[bytes] = [_TAG_VALUE, _YAML, _JSON_LD, _JSON]


def run(data: bytes) -> None:
    """Reads whatever it is in the form it looks like; what was read can be written in every form."""
    documents.validate(data)
    try:
        sbom = documents.read(data)
    except AssayError:
        return
    for version in ("2.2", "2.3", "3.0"):
        documents.read(documents.write_json(sbom, version))
    documents.write_tag_value(sbom, "2.3")
    documents.write_yaml(sbom, "2.3")
