"""Packages of operating systems in the SBOMs of other tools: source package, version and release as each says them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisory_data import TODAY, osv, store
from assay.engines.match import Options, match, origin
from assay.engines.match.questions import release
from assay.formats import purl, sbom_document
from assay.model.component import Component
from assay.model.finding import Scan


def verdicts(folder: Path, document: object, *, ecosystem: str = "Debian:10") -> list[tuple[str, str, str]]:
    records = [osv("CVE-1", ecosystem, "libidn2", ("introduced", "0"), ("fixed", "1:2.0.5-1+deb10u1"))]
    with store(folder, {"osv": records}) as data:
        found: Scan = match(sbom_document.read(json.dumps(document).encode()), data, Options(TODAY))
    return [
        (item.component.name, match.package, match.version) for item in found.findings for match in item.matches[:1]
    ]


def of_trivy(version: str, **source: str) -> object:
    """A package as Trivy writes it in CycloneDX: the source package stands in properties."""
    name = f"pkg:deb/debian/libidn2-0@{version}?distro=debian-10.2"
    facts = [{"name": f"aquasecurity:trivy:Src{key}", "value": value} for key, value in source.items()]
    component = {"type": "library", "name": "libidn2-0", "version": version, "purl": name, "properties": facts}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ({"Name": "libidn2", "Version": "2.0.5-1"}, "2.0.5-1"),
        ({"Name": "libidn2", "Version": "2.0.5", "Release": "1"}, "2.0.5-1"),
        ({"Name": "libidn2", "Version": "2.0.5", "Release": "1", "Epoch": "1"}, "1:2.0.5-1"),
        ({"Name": "libidn2"}, "9"),
    ],
)
def test_the_source_package_that_trivy_names_is_asked_about(
    tmp_path: Path, source: dict[str, str], wanted: str
) -> None:
    assert verdicts(tmp_path, of_trivy("9", **source)) == [("libidn2-0", "libidn2", wanted)]


def test_a_mended_source_package_clears_its_binary(tmp_path: Path) -> None:
    mended = {"Name": "libidn2", "Version": "2.0.5", "Release": "1+deb10u1", "Epoch": "1"}
    assert verdicts(tmp_path, of_trivy("0", **mended)) == []
    assert verdicts(tmp_path, of_trivy("0")) == []


def of_spdx(locator: str, source: str) -> object:
    """A package as Trivy writes it in SPDX: the version lacks the release, the purl has it."""
    reference = {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": locator,
    }
    package = {
        "SPDXID": "SPDXRef-Package-1",
        "name": "libidn2-0" if ":deb/" in locator else "libidn2",
        "versionInfo": "2.0.5",
        "sourceInfo": source,
        "downloadLocation": "NONE",
        "filesAnalyzed": False,
        "externalRefs": [reference],
    }
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "image",
        "documentNamespace": "https://sbom.example/1",
        "dataLicense": "CC0-1.0",
        "creationInfo": {"created": "2026-11-20T00:00:00Z", "creators": ["Tool: trivy-0.74.0"]},
        "packages": [package],
    }


def test_the_source_package_of_an_spdx_document_is_asked_about(tmp_path: Path) -> None:
    def found(source: str) -> list[tuple[str, str, str]]:
        return verdicts(tmp_path, of_spdx("pkg:deb/debian/libidn2-0@1%3A2.0.5-1?distro=debian-10.2", source))

    assert found("built package from: libidn2 1:2.0.4-1") == [("libidn2-0", "libidn2", "1:2.0.4-1")]
    assert found("built package from: libidn2") == [("libidn2-0", "libidn2", "1:2.0.5-1")]
    assert found("built package from: libidn2 1:2.0.5-1+deb10u1") == []
    assert found("acquired from libidn2") == []


def test_release_and_epoch_of_the_purl_complete_the_version(tmp_path: Path) -> None:
    def found(version: str) -> list[tuple[str, str, str]]:
        locator = f"pkg:rpm/rocky/libidn2@{version}?arch=x86_64&epoch=1&distro=rocky-8.5"
        return verdicts(tmp_path, of_spdx(locator, ""), ecosystem="Rocky Linux:8")

    assert found("2.0.5-1.el8") == []
    assert found("2.0.4-1.el8") == [("libidn2", "libidn2", "1:2.0.4-1.el8")]


@pytest.mark.parametrize("told", ["1:2.0.4", "2.0.4", "1:2.0.4-1.el8"])
def test_an_epoch_that_one_of_both_tells_counts(told: str) -> None:
    locator = "pkg:rpm/rocky/a@2.0.4-1.el8" if ":" in told else "pkg:rpm/rocky/a@2.0.4-1.el8?epoch=1"
    assert origin.version(Component("a", told, purl=purl.read(locator))) == "1:2.0.4-1.el8"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("pkg:apk/alpine/musl@1?distro=3.16.2", "Alpine:3.16"),
        ("pkg:apk/alpine/musl@1?distro=alpine-v3.16", "Alpine:3.16"),
        ("pkg:apk/alpine/musl@1?distro=alpine-3.20.0_alpha20240329", "Alpine:edge"),
        ("pkg:apk/wolfi/musl@1?distro=20230201", "Wolfi"),
        ("pkg:deb/debian/curl@1?distro=bookworm", "Debian:12"),
        ("pkg:deb/debian/curl@1?distro=debian-trixie%2Fsid", "Debian:13"),
        ("pkg:deb/ubuntu/curl@1?distro=jammy", "Ubuntu:22.04"),
        ("pkg:rpm/alma/curl@1?distro=alma-8.5", "AlmaLinux:8"),
        ("pkg:rpm/amazon/curl@1?distro=amazon-2%20%28Karoo%29", "Amazon Linux:2"),
        ("pkg:rpm/amazon/curl@1?distro=amazon-AMI%20release%202018.03", "Amazon Linux:1"),
        ("pkg:rpm/amazon/curl@1?distro=amazon-2023.6.20250115", "Amazon Linux:2023"),
        ("pkg:rpm/cbl-mariner/curl@1?distro=cbl-mariner-2.0.20220226", "Mariner:2.0"),
        ("pkg:rpm/centos/curl@1?distro=centos-stream-9", "Red Hat:9"),
        ("pkg:alpm/arch/curl@1?distro=arch", "Arch Linux"),
        ("pkg:deb/nobody/curl@1?distro=1.0", ""),
        ("pkg:deb/debian/curl@1?distro=debian", ""),
    ],
)
def test_the_release_is_known_however_the_purl_says_it(text: str, wanted: str) -> None:
    named = purl.read(text)
    assert named is not None
    assert release(Component(named.name, named.version, purl=named, ecosystem=named.type), None) == wanted
