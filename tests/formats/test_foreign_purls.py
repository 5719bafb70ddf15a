"""Package URLs of foreign documents that lack what their type asks for are kept by every reader."""

from __future__ import annotations

import json

import pytest

from assay.formats import purl, sbom_document

TEXT = "pkg:deb/curl@7.88"
SPDX_REF = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": TEXT}
SPDX_3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [{"type": "software_Package", "spdxId": "urn:x:1", "name": "curl", "software_packageUrl": TEXT}],
}
DOCUMENTS = {
    "cyclonedx": {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "library", "name": "curl", "purl": TEXT}],
    },
    "spdx": {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "packages": [{"SPDXID": "SPDXRef-1", "name": "curl", "externalRefs": [SPDX_REF]}],
    },
    "spdx 3": SPDX_3,
    "syft": {"artifacts": [{"id": "1", "name": "curl", "purl": TEXT}], "schema": {"version": "16.0.0"}},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_purl_without_its_namespace_is_kept(name: str) -> None:
    sbom = sbom_document.read(json.dumps(DOCUMENTS[name]).encode())
    assert [str(item.purl) for item in sbom.components] == [TEXT]


def test_a_list_of_purls_keeps_it_too() -> None:
    sbom = sbom_document.read(f"{TEXT}\npkg:golang/x@1\nnonsense\n".encode())
    assert [item.purl for item in sbom.components] == [purl.read(TEXT), purl.read("pkg:golang/x@1")]
    assert [item.path for item in sbom.skipped] == ["line 3"]
