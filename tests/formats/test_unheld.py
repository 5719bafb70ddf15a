"""What a conversion to another family loses is told, and nothing that the nouns hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.formats import sbom_document, unheld
from assay.report import formats
from formats.sboms import FULL

OWN = [
    ("cyclonedx-json", "spdx-json", ["1.3", "1.4", "1.5", "1.6", "1.7"]),
    ("cyclonedx-xml", "spdx-json", ["1.5", "1.7"]),
    ("spdx-json", "cyclonedx-json", ["2.2", "2.3", "3.0"]),
    ("spdx-tag-value", "cyclonedx-json", ["2.3"]),
]
FOREIGN_CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {
        "tools": {"components": [{"type": "application", "author": "x", "name": "t", "version": "1"}]},
        "authors": [{"name": "Ann", "email": "ann@acme.example"}],
        "component": {"type": "application", "name": "app"},
    },
    "components": [
        {"type": "library", "name": "a", "supplier": {"name": "S", "url": ["https://s.example"]}, "swid": {}},
        {"type": "library", "name": "b", "pedigree": {"notes": "n"}, "tags": ["x", "y"]},
        {"type": "library", "name": "c", "pedigree": {"notes": "m"}, "evidence": {"identity": [{"field": "name"}]}},
    ],
    "services": [{"name": "s"}, {"name": "t"}, {"name": "u"}],
    "vulnerabilities": [],
    "compositions": [{"aggregate": "complete"}, {"aggregate": "incomplete", "assemblies": ["a"]}],
    "formulation": [{"workflows": []}],
}
FOREIGN_SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "d",
    "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Tool: x-1"], "comment": "why"},
    "packages": [
        {"SPDXID": "SPDXRef-a", "name": "a", "downloadLocation": "NOASSERTION", "attributionTexts": ["thanks"]},
        {"SPDXID": "SPDXRef-b", "name": "b", "comment": "c", "copyrightText": "NONE"},
    ],
    "files": [{"SPDXID": "SPDXRef-f", "fileName": "./f"}],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-b"},
        {"spdxElementId": "SPDXRef-a", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "SPDXRef-b"},
    ],
}


@pytest.mark.parametrize(
    ("source", "target", "version"), [(source, target, each) for source, target, all_ in OWN for each in all_]
)
def test_our_own_documents_lose_nothing_to_another_family(source: str, target: str, version: str) -> None:
    sbom = sbom_document.read(formats.write(FULL, source, version))
    assert unheld.lines(sbom, target.partition("-")[0]) == ()


def test_what_only_cyclonedx_holds() -> None:
    sbom = sbom_document.read(json.dumps(FOREIGN_CYCLONEDX).encode())
    assert formats.losses(sbom, "spdx-json", "2.3") == (
        "CycloneDX component.evidence.identity: 1 entry",
        "CycloneDX component.pedigree: 2 entries",
        "CycloneDX component.supplier.url: 1 entry",
        "CycloneDX component.tags: 2 entries",
        "CycloneDX compositions: 1 entry",
        "CycloneDX formulation: 1 entry",
        "CycloneDX metadata.authors.email: 1 entry",
        "CycloneDX services: 3 entries",
    )
    assert formats.losses(sbom, "syft-json", "16")[-1] == "CycloneDX services: 3 entries"


def test_what_only_spdx_holds() -> None:
    sbom = sbom_document.read(json.dumps(FOREIGN_SPDX).encode())
    assert formats.losses(sbom, "cyclonedx-json", "1.7") == (
        "SPDX component.attributionTexts: 1 entry",
        "SPDX component.comment: 1 entry",
        "SPDX creationInfo.comment: 1 entry",
        "SPDX files: 1 entry",
        "SPDX relationships GENERATED_FROM: 1 entry",
    )
    assert formats.losses(sbom, "spdx-json", "2.3") == ()


def test_what_only_syft_json_holds() -> None:
    document = json.loads(formats.write(FULL, "syft-json", "16")) | {"files": [{"id": "1"}]}
    lines = formats.losses(sbom_document.read(json.dumps(document).encode()), "cyclonedx-json", "1.7")
    assert lines == ("syft-json component.metadata: 1 entry", "syft-json files: 1 entry")


@pytest.mark.parametrize(
    "raw", [3, [], {"@graph": {}}, {"metadata": []}, {"evidence": [1]}, {"dependencies": {"a": 1}}]
)
def test_odd_documents_are_counted_too(raw: object) -> None:
    from dataclasses import replace

    subject = replace(FULL.subject, extra=dict.fromkeys(unheld.FAMILIES, raw))
    unheld.lines(replace(FULL, subject=subject, extra=dict(subject.extra)), "other")
