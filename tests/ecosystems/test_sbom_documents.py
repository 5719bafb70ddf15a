"""SBOM documents that lie in a folder or an image (the fixtures have those of other tools)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.ecosystems.sbom import document
from assay.engines.catalog import catalog
from assay.errors import Malformed
from assay.formats import syft_json
from assay.formats.cyclonedx import json_writer, xml_writer
from assay.formats.spdx import documents
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Located
from assay.model.purl import Purl
from assay.model.sbom import Lifecycle, Sbom, Tool

APP = Component("app", "1", ComponentType.APPLICATION, purl=Purl("generic", "app", "1"))
LEFT = Component("left-pad", "1.3.0", ecosystem="npm", purl=Purl("npm", "left-pad", "1.3.0"))
ZLIB = Component("zlib1g", "1:1.2.13", ecosystem="deb", purl=Purl("deb", "zlib1g", "1:1.2.13", namespace="debian"))
BOM = Sbom(
    APP,
    (ZLIB, LEFT),
    {APP.id: (LEFT.id,), LEFT.id: (ZLIB.id,)},
    tools=(Tool("another"),),
)
OF_FOLDER = Sbom(
    Component("checkout", type=ComponentType.APPLICATION),
    (LEFT,),
    tools=(Tool("assay"),),
    lifecycles=(Lifecycle.PRE_BUILD,),
)


def written(sbom: Sbom) -> bytes:
    return json_writer.write(sbom, "1.6")


FORMS = {
    "a.cdx.json": written(BOM),
    "bom.xml": xml_writer.write(BOM, "1.5"),
    "a.spdx.json": documents.write_json(BOM, "2.3"),
    "a3.spdx.json": documents.write_json(BOM, "3.0"),
    "a.spdx.yaml": documents.write_yaml(BOM, "2.3"),
    "a.spdx": documents.write_tag_value(BOM, "2.3"),
    "a.syft.json": syft_json.write(BOM),
}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_documents_of_every_form_are_read_with_their_edges(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name])
    found = catalog(Directory(str(tmp_path)), discover())
    by_id = {item.id: item for item in found.components}
    assert not found.skipped
    assert by_id[LEFT.id].presence is Presence.INSTALLED
    assert by_id[LEFT.id].ecosystem == "npm"
    assert [place.path for place in by_id[LEFT.id].occurrences] == [name]
    assert ZLIB.id in found.dependencies[LEFT.id]


def test_packages_of_a_system_are_only_declared() -> None:
    """What is installed of them is what the database in the same root says."""
    by_id = {item.id: item for item in document.parse(File("a.cdx.json", FORMS["a.cdx.json"])).components}
    assert by_id[ZLIB.id].presence is Presence.DECLARED


def test_a_plan_only_declares() -> None:
    plan = written(Sbom(APP, (LEFT,), lifecycles=(Lifecycle.DESIGN, Lifecycle.PRE_BUILD)))
    found = document.parse(File("a.cdx.json", plan))
    assert {item.presence for item in found.components} == {Presence.DECLARED}


def test_what_is_installed_and_listed_is_one_component(tmp_path: Path) -> None:
    (tmp_path / "a.cdx.json").write_bytes(FORMS["a.cdx.json"])
    package = tmp_path / "node_modules" / "left-pad" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text(json.dumps({"name": "left-pad", "version": "1.3.0"}))
    found = catalog(Directory(str(tmp_path)), discover())
    (left,) = [item for item in found.components if item.name == "left-pad"]
    assert [place.path for place in left.occurrences] == ["a.cdx.json", "node_modules/left-pad/package.json"]


def test_our_own_document_on_a_folder_does_not_feed_the_next_one(tmp_path: Path) -> None:
    """`assay sbom . -o cyclonedx-json=sbom.cdx.json`, again after a package has gone."""
    (tmp_path / "sbom.cdx.json").write_bytes(written(OF_FOLDER))
    assert not catalog(Directory(str(tmp_path)), discover()).components


def test_our_own_document_on_a_folder_counts_in_an_image() -> None:
    found = document.parse(File("usr/share/sbom/app.cdx.json", written(OF_FOLDER)))
    (file,) = document.assemble([Located("usr/share/sbom/app.cdx.json", 0, found, "sbom-document")], None)
    assert [(item.id, item.presence) for item in file.found.components] == [(LEFT.id, Presence.INSTALLED)]


@pytest.mark.parametrize("name", ["bom.json", "sbom.xml", "LICENSE.spdx"])
def test_files_that_only_have_such_a_name_are_passed_over(name: str) -> None:
    assert not document.parse(File(name, b'{"parts": []}')).components


def test_a_file_that_promises_an_sbom_and_is_none_is_told() -> None:
    with pytest.raises(Malformed, match="not an SBOM"):
        document.parse(File("a.cdx.json", b'{"parts": []}'))


@pytest.mark.parametrize(
    "path",
    ["a-1.dist-info/sboms/a.cdx.json", "opt/bitnami/apache/a.cdx.json", "opt/homebrew/Cellar/a/1/sbom.spdx.json"],
)
def test_documents_of_another_ecosystem_are_left_to_it(path: str) -> None:
    assert not document.parse(File(path, FORMS["a.cdx.json"])).components
