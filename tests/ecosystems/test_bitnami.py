"""Bitnami's own documents, out of the suite spdx: what they hold, by which way, in both forms of SPDX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.ecosystems.bitnami import components, document
from assay.engines.catalog import catalog
from assay.model.ecosystem import File
from assay.model.sbom import Sbom
from conformance.suite import folder

PROOF = ("bitnami", "foreign")
BITNAMI = [ecosystem for ecosystem in discover() if ecosystem.name == "bitnami"]
DOCUMENTS = {"postgresql": "bitnami-postgresql", "elasticsearch": "elasticsearch"}
POSTGRESQL = "pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12"
PLJAVA = "pkg:bitnami/pljava@1.6.8?arch=arm64&distro=debian-12"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_packages_with_a_package_url_are_there(name: str, tmp_path: Path) -> None:
    found = _scanned(name, tmp_path)
    listed = [package.get("externalRefs", []) for package in _document(name)["packages"]]
    purls = [item["referenceLocator"] for items in listed for item in items if item["referenceType"] == "purl"]
    assert sorted(item.id for item in found.components) == sorted(purls)
    assert {item.ecosystem for item in found.components} == {"bitnami", "maven"}
    assert found.skipped == ()


def test_what_is_built_in_hangs_on_what_holds_it(tmp_path: Path) -> None:
    found = _scanned("postgresql", tmp_path)
    assert len(found.dependencies[POSTGRESQL]) == 15
    parts = ("pljava", "pljava-api", "pljava-examples")
    assert set(found.dependencies[PLJAVA]) == {f"pkg:maven/org.postgresql/{part}@1.6.8" for part in parts}
    postgresql = next(item for item in found.components if item.id == POSTGRESQL)
    assert [item.expression for item in postgresql.licenses] == ["PostgreSQL"] * 2
    assert postgresql.cpes == ("cpe:2.3:*:postgresql:postgresql:17.2.0:*:*:*:*:*:*:*",)


def test_what_only_groups_others_is_passed_through(tmp_path: Path) -> None:
    """The package `jar` has neither a version nor a package URL; its four libraries are Elasticsearch's."""
    found = _scanned("elasticsearch", tmp_path)
    libraries = {item.id for item in found.components if item.ecosystem == "maven"}
    assert len(libraries) == 4
    assert set(found.dependencies["pkg:bitnami/elasticsearch@8.9.1?arch=arm64"]) == libraries


TAG_VALUE = b"""SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: SPDX document for sample 1.2.0
DocumentNamespace: sample-1.2.0
Creator: Organization: Sample
Created: 2024-10-02T20:17:11.692Z
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-sample

PackageName: sample
SPDXID: SPDXRef-sample
PackageVersion: 1.2.0-3
PackageDownloadLocation: https://sample.example/sample-1.2.0.tar.gz
FilesAnalyzed: false
PackageLicenseDeclared: MIT
ExternalRef: PACKAGE-MANAGER purl pkg:bitnami/sample@1.2.0-3?arch=arm64&distro=debian-12
"""


def test_documents_as_tag_value() -> None:
    (found,) = document.parse(File("opt/bitnami/sample/.spdx-sample.spdx", TAG_VALUE)).components
    assert found.id == "pkg:bitnami/sample@1.2.0-3?arch=arm64&distro=debian-12"
    assert (found.ecosystem, [item.expression for item in found.licenses]) == ("bitnami", ["MIT"])


@pytest.mark.parametrize(("digest", "told"), [("0a" * 32, [f"sha256:{'0a' * 32}"]), ("0A", []), (3, [])])
def test_the_digest_of_what_was_unpacked(digest: object, told: list[str]) -> None:
    text = json.dumps({"sample": {"version": "1.2.0-3", "digest": digest}}).encode()
    (found,) = components.parse(File("opt/bitnami/.bitnami_components.json", text)).components
    assert [str(item) for item in found.digests] == told


def _document(name: str) -> Any:
    return json.loads(_path(name).read_bytes())


def _path(name: str) -> Path:
    return folder("spdx") / "examples" / f"{DOCUMENTS[name]}.spdx.json"


def _scanned(name: str, root: Path) -> Sbom:
    """The document where Bitnami puts it."""
    place = root / "opt" / "bitnami" / name / f".spdx-{name}.spdx"
    place.parent.mkdir(parents=True)
    place.write_bytes(_path(name).read_bytes())
    return catalog(Directory(str(root)), BITNAMI)
