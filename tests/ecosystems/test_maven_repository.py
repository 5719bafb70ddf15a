"""A local repository in what is looked at: its models speak for the archives beside them, as Spring's jars need it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from assay.adapters.directory import Directory
from assay.ecosystems.maven import ECOSYSTEM
from assay.engines.catalog import catalog
from assay.model.sbom import Sbom

PARENT = """<project><groupId>g</groupId><artifactId>parent</artifactId><version>1</version>
<licenses><license><name>Apache License, Version 2.0</name></license></licenses>
<organization><name>Sample</name></organization>
<dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId>
<version>2.0</version></dependency><dependency><groupId>g</groupId><artifactId>helper</artifactId><version>1</version>
<scope>test</scope></dependency></dependencies></dependencyManagement></project>"""
WEB = """<project><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>
<artifactId>web</artifactId><dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>helper</artifactId></dependency></dependencies></project>"""
CORE, APP = "pkg:maven/g/core@{}", "pkg:maven/g/web@1"


def repository(root: Path, *, embedded: bool) -> Sbom:
    """core in two versions, helper, and web that needs core 2.0 by its parent; web's jar may hold its own model."""
    for name, version, model in (("core", "1.0", ""), ("core", "2.0", ""), ("helper", "1", ""), ("web", "1", WEB)):
        folder = root / "repository" / "g" / name / version
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / f"{name}-{version}.jar", "w") as jar:
            jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
            if embedded and model:
                jar.writestr(f"META-INF/maven/g/{name}/pom.xml", model)
        if model:
            (folder / f"{name}-{version}.pom").write_text(model)
    parent = root / "repository" / "g" / "parent" / "1"
    parent.mkdir(parents=True)
    (parent / "parent-1.pom").write_text(PARENT)
    return catalog(Directory(str(root)), [ECOSYSTEM])


def test_an_archive_has_the_licence_and_the_needs_of_its_model(tmp_path: Path) -> None:
    found = repository(tmp_path, embedded=False)
    (web,) = [item for item in found.components if item.id == APP]
    assert [item.expression for item in web.licenses] == ["Apache-2.0"]
    assert web.supplier == "Sample"
    assert found.dependencies[APP] == (CORE.format("2.0"),)
    assert [place.path for place in web.occurrences] == ["repository/g/web/1/web-1.jar"]


def test_a_model_with_its_parents_beats_the_copy_inside_of_the_archive(tmp_path: Path) -> None:
    """That copy does not know versions and scopes, which the parent manages."""
    found = repository(tmp_path, embedded=True)
    assert found.dependencies[APP] == (CORE.format("2.0"),)
    (web,) = [item for item in found.components if item.id == APP]
    assert [item.expression for item in web.licenses] == ["Apache-2.0"]


def test_what_only_another_version_can_meet_is_met_by_it(tmp_path: Path) -> None:
    """As in an application whose build settled on another version than a library asks for."""
    repository(tmp_path, embedded=False)
    (tmp_path / "repository/g/core/2.0/core-2.0.jar").unlink()
    found = catalog(Directory(str(tmp_path)), [ECOSYSTEM])
    assert found.dependencies[APP] == (CORE.format("1.0"),)
