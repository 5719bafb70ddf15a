"""A local repository in what is looked at, or beside it: its models speak for archives, as Spring's jars need it, and
for projects."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from assay.adapters import folder_library
from assay.adapters.directory import Directory
from assay.adapters.image_options import ImageOptions
from assay.adapters.sources import Request, open_source
from assay.ecosystems.maven import ECOSYSTEM
from assay.ecosystems.maven import repository as repository_module
from assay.ecosystems.maven.repository import Repository
from assay.engines.catalog import Options, catalog
from assay.model.component import Scope
from assay.model.sbom import Sbom
from simulators.image import layout

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


BOM = """<project><groupId>org.sample</groupId><artifactId>bom</artifactId><version>3</version>
<packaging>pom</packaging><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>
<properties><text.version>4.1</text.version></properties><dependencyManagement><dependencies><dependency>
<groupId>org.sample</groupId><artifactId>text</artifactId><version>${text.version}</version></dependency>
</dependencies></dependencyManagement></project>"""
PROJECT = """<project><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>
<groupId>org.sample</groupId><artifactId>shop</artifactId><dependencyManagement><dependencies><dependency>
<groupId>org.sample</groupId><artifactId>bom</artifactId><version>3</version><type>pom</type><scope>import</scope>
</dependency></dependencies></dependencyManagement><dependencies>
<dependency><groupId>g</groupId><artifactId>core</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>helper</artifactId></dependency>
<dependency><groupId>org.sample</groupId><artifactId>text</artifactId></dependency></dependencies></project>"""
SHOP = {
    "pkg:maven/org.sample/shop@1",
    "pkg:maven/g/core@2.0",
    "pkg:maven/g/helper@1",
    "pkg:maven/org.sample/text@4.1",
}


def models(folder: Path, *rows: tuple[str, str, str, str]) -> Path:
    """A local repository of models: group, artifact, version, text."""
    for group, artifact, version, text in rows:
        place = folder / group.replace(".", "/") / artifact / version
        place.mkdir(parents=True)
        (place / f"{artifact}-{version}.pom").write_text(text)
    return folder


ROWS = (("g", "parent", "1", PARENT), ("org.sample", "bom", "3", BOM))


def shop(folder: Path, repository: Path | None = None) -> Sbom:
    (folder / "pom.xml").write_text(PROJECT)
    beside = {"maven-repository": folder_library.consult(repository, "")} if repository else {}
    return catalog(Directory(str(folder)), [ECOSYSTEM], Options(beside=beside))


def test_a_repository_beside_the_source_tells_what_one_inside_does(tmp_path: Path) -> None:
    """Parents, properties, managed versions and scopes, and imports that have parents of their own."""
    beside = models(tmp_path / "m2", *ROWS)
    (tmp_path / "a").mkdir()
    models(tmp_path / "b" / "m2", *ROWS)
    outside, inside = shop(tmp_path / "a", beside), shop(tmp_path / "b")
    assert {item.id for item in outside.components} == SHOP
    assert outside.components == inside.components
    assert not outside.skipped
    assert not inside.skipped
    assert outside.dependencies["pkg:maven/org.sample/shop@1"] == inside.dependencies["pkg:maven/org.sample/shop@1"]
    helper = next(item for item in outside.components if item.name == "helper")
    assert helper.scope is Scope.EXCLUDED


def test_without_one_what_is_missing_is_told_and_how_to_mend_it(tmp_path: Path) -> None:
    reasons = [item.reason for item in shop(tmp_path).skipped]
    assert [reason.partition(" is not there")[0] for reason in reasons] == [
        "the imported org.sample:bom:3",
        "the parent g:parent:1",
    ]
    assert all("--maven-repository ~/.m2/repository" in reason for reason in reasons)


def test_what_a_model_of_the_repository_lacks_is_told_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = shop(tmp_path / "a", models(tmp_path / "m2", ("org.sample", "bom", "3", BOM)))
    assert [item.path for item in found.skipped] == ["pom.xml"]
    assert found.skipped[0].reason.startswith("the parent g:parent:1 is not there")


def test_a_missing_parent_is_told_of_the_project_that_names_it(tmp_path: Path) -> None:
    child = PROJECT.replace(
        "<parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>",
        "<parent><groupId>org.sample</groupId><artifactId>shop</artifactId><version>1</version></parent>",
    ).replace("<artifactId>shop</artifactId><dependencyM", "<artifactId>part</artifactId><dependencyM")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "pom.xml").write_text(child)
    parents = [item.path for item in shop(tmp_path).skipped if item.reason.startswith("the parent")]
    assert parents == ["pom.xml"]


def test_a_model_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    repository = models(tmp_path / "m2", ("g", "parent", "1", "<html/>"), ("org.sample", "bom", "3", BOM))
    (tmp_path / "a").mkdir()
    found = shop(tmp_path / "a", repository)
    assert "the parent g:parent:1 cannot be used: not a Maven project but <html>" in {
        item.reason for item in found.skipped
    }


def test_the_source_counts_before_the_repository(tmp_path: Path) -> None:
    other = PARENT.replace("<version>2.0</version>", "<version>9.9</version>")
    repository = models(tmp_path / "m2", ("g", "parent", "1", other), ROWS[1])
    (tmp_path / "a").mkdir()
    models(tmp_path / "a" / "m2", ROWS[0])
    assert {item.id for item in shop(tmp_path / "a", repository).components} == SHOP


def test_archives_are_described_by_the_repository_beside_them(tmp_path: Path) -> None:
    found = repository(tmp_path / "a", embedded=False)
    beside = models(tmp_path / "m2", ("g", "web", "1", WEB), ROWS[0])
    for path in (tmp_path / "a").rglob("*.pom"):
        path.unlink()
    options = Options(beside={"maven-repository": folder_library.consult(beside, "")})
    assert catalog(Directory(str(tmp_path / "a")), [ECOSYSTEM], options).components == found.components
    assert catalog(Directory(str(tmp_path / "a")), [ECOSYSTEM]).components != found.components


@pytest.mark.parametrize(
    "name",
    [
        ("..", "parent", "1"),
        ("g..h", "parent", "1"),
        ("g/../../x", "parent", "1"),
        ("g", "..", "1"),
        ("g", "parent", ".."),
        ("g", "a/b", "1"),
        ("g", "parent", "${revision}"),
        ("", "parent", "1"),
        ("g", "parent", "[1,2)"),
    ],
)
def test_names_that_are_no_names_are_no_paths(name: tuple[str, str, str]) -> None:
    asked: list[str] = []

    def consult(path: str) -> bytes | None:
        asked.append(path)
        return None

    assert Repository(consult).model(name) is None
    assert asked == []


def test_models_are_read_once_and_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository_module, "_MAX_MODELS", 2)
    asked: list[str] = []

    def consult(path: str) -> bytes | None:
        asked.append(path)
        return b"<project/>"

    found = Repository(consult)
    names = [("org.sample", name, "1-SNAPSHOT") for name in ("a", "b", "a", "c")]
    assert [found.model(name) is None for name in names] == [False, False, False, True]
    assert asked == [f"org/sample/{name}/1-SNAPSHOT/{name}-1-SNAPSHOT.pom" for name in "ab"]
    assert found.fault(names[3]) == "more than 2 models were asked for"


class Kept:
    """A cache of findings in memory."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.values[key] = value


def test_findings_that_are_cached_do_not_know_the_repository(tmp_path: Path) -> None:
    """A second scan of a layer reads nothing again, and has what the repository of that scan says."""
    image = layout(tmp_path / "image", [{"srv/pom.xml": PROJECT.encode()}])
    beside = {"maven-repository": folder_library.consult(models(tmp_path / "m2", *ROWS), "")}
    cache = Kept()

    def scan(options: Options) -> set[str]:
        opened = open_source(f"oci-dir:{image}", Request(ImageOptions()))
        assert not isinstance(opened, Sbom)
        return {item.id for item in catalog(opened, [ECOSYSTEM], options).components}

    plain = Options(cache=cache, analyser="1")
    first = scan(plain)
    assert first != SHOP
    assert len(cache.values) == 1
    assert scan(plain._replace(beside=beside)) == SHOP
    assert scan(plain) == first
    assert len(cache.values) == 1


def test_what_only_an_absent_parent_could_name_is_not_told_besides(tmp_path: Path) -> None:
    """A property that nothing gives a value is told as that: no repository has a model of such a name."""
    named = PROJECT.replace("<version>3</version>", "<version>${bom.version}</version>")
    assert named != PROJECT
    (tmp_path / "pom.xml").write_text(named)
    reasons = [item.reason for item in catalog(Directory(str(tmp_path)), [ECOSYSTEM]).skipped]
    assert [reason.partition(" is not there")[0] for reason in reasons] == ["the parent g:parent:1"]
    beside = {"maven-repository": folder_library.consult(models(tmp_path / "m2", *ROWS), "")}
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pom.xml").write_text(named)
    (skip,) = catalog(Directory(str(tmp_path / "a")), [ECOSYSTEM], Options(beside=beside)).skipped
    assert skip.reason.startswith("the imported org.sample:bom:${bom.version} is named by a property")
    assert "--maven-repository" not in skip.reason


def test_models_unpacked_with_their_archive_are_as_those_within(tmp_path: Path) -> None:
    """An image of a program that was unpacked holds them, and nobody has a repository for it."""
    place = tmp_path / "app/META-INF/maven/org.sample/shop"
    place.mkdir(parents=True)
    (place / "pom.xml").write_text(PROJECT)
    found = catalog(Directory(str(tmp_path)), [ECOSYSTEM])
    assert found.components
    assert not found.skipped
