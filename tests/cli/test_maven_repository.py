"""``--maven-repository`` on the command line, in the environment and in a configuration file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.cli._main import run
from assay.errors import ExitCode

PARENT = """<project><groupId>g</groupId><artifactId>parent</artifactId><version>1</version><dependencyManagement>
<dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId><version>2.0</version></dependency>
</dependencies></dependencyManagement></project>"""
PROJECT = """<project><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>
<artifactId>shop</artifactId><dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId></dependency>
</dependencies></project>"""
FOUND = ["pkg:maven/g/core@2.0", "pkg:maven/g/shop@1"]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project, a local repository beside it, and a home folder with another."""
    for name in ("project", "work", "home/.m2/repository", "m2/g/parent/1"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "project" / "pom.xml").write_text(PROJECT)
    (tmp_path / "m2/g/parent/1/parent-1.pom").write_text(PARENT)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))


def purls(tmp_path: Path, *flags: str) -> list[str]:
    out = tmp_path / "out"
    assert run(["sbom", "-q", str(tmp_path / "project"), "-o", f"purls={out}", *flags]) == ExitCode.OK
    return out.read_text().split()


def test_the_repository_of_the_home_folder_is_not_read_unasked(tmp_path: Path) -> None:
    (tmp_path / "m2/g").rename(tmp_path / "home/.m2/repository/g")
    assert purls(tmp_path) == ["pkg:maven/g/core", "pkg:maven/g/shop@1"]
    assert purls(tmp_path, "--maven-repository", "~/.m2/repository") == FOUND


def test_a_flag_a_variable_and_a_file_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert purls(tmp_path, "--maven-repository", str(tmp_path / "m2")) == FOUND
    (tmp_path / "work" / "assay.toml").write_text('[sbom]\nmaven-repository = "../m2"\n')
    assert purls(tmp_path) == FOUND
    (tmp_path / "work" / "assay.toml").unlink()
    monkeypatch.setenv("ASSAY_SBOM_MAVEN_REPOSITORY", str(tmp_path / "m2"))
    assert purls(tmp_path) == FOUND


def test_a_file_in_the_source_names_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project" / "assay.toml").write_text(f'[sbom]\nmaven-repository = "{tmp_path / "m2"}"\n')
    monkeypatch.chdir(tmp_path / "project")
    assert "pkg:maven/g/core" in purls(tmp_path)


def test_a_scan_and_a_comparison_take_it_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    words = ["scan", "-q", str(tmp_path / "project"), "--no-update", "--maven-repository", str(tmp_path / "m2")]
    assert run([*words, "-o", f"cyclonedx={report}"]) == ExitCode.OK
    assert FOUND[0] in {item.get("purl") for item in json.loads(report.read_text())["components"]}
    (tmp_path / "work" / "assay.toml").write_text('[sbom]\nmaven-repository = "../m2"\n')
    (tmp_path / "old.txt").write_text("\n".join(FOUND))
    capfd.readouterr()
    assert run(["sbom", "-q", "diff", str(tmp_path / "old.txt"), str(tmp_path / "project")]) == ExitCode.OK
    assert "+pkg:maven/g/core@2.0" in capfd.readouterr().out


def test_one_that_is_not_there_is_an_error_with_its_remedy(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["sbom", str(tmp_path / "project"), "--maven-repository", str(tmp_path / "none")])
    assert code == ExitCode.INPUT
    told = capfd.readouterr().err
    assert f"there is no folder {tmp_path / 'none'}" in told
    assert "~/.m2/repository" in told
