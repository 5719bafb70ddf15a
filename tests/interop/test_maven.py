"""Maven itself: what it says of a project's dependencies, and a jar of Spring Boot with its SBOM (`make interop`).

Needs a JDK with Maven, and whatever repository Maven is told to fetch from.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.interop

KEPT = Path(__file__).parents[2] / ".cache" / "maven-repository"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId>
<version>3.3.5</version><relativePath/></parent>
<groupId>org.sample</groupId><artifactId>shop</artifactId><version>1.0</version>
<dependencyManagement><dependencies><dependency><groupId>org.testcontainers</groupId>
<artifactId>testcontainers-bom</artifactId><version>1.20.3</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement>
<dependencies>
<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter</artifactId></dependency>
<dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId></dependency>
<dependency><groupId>org.testcontainers</groupId><artifactId>junit-jupiter</artifactId><scope>test</scope></dependency>
<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-test</artifactId>
<scope>test</scope></dependency>
</dependencies>
<build><plugins>
<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>
<plugin><groupId>org.cyclonedx</groupId><artifactId>cyclonedx-maven-plugin</artifactId></plugin>
</plugins></build></project>"""
_LISTED = re.compile(r"^\s+([\w.-]+):([\w.-]+):jar:([\w.-]+):(\w+)", re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, listed and packed by Maven."""
    mvn = shutil.which("mvn") or pytest.skip("there is no Maven")
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pom.xml").write_text(POM)
    (folder / "src/main/java/a").mkdir(parents=True)
    (folder / "src/main/java/a/A.java").write_text(
        "package a; public class A { public static void main(String[] x) {} }"
    )
    KEPT.mkdir(parents=True, exist_ok=True)
    command = [mvn, "-q", "-B", f"-Dmaven.repo.local={KEPT}", "-DskipTests", "-DexcludeTransitive=true"]
    command += ["-DoutputFile=list.txt", "package", "dependency:list"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return folder


def assay(source: Path, *flags: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "assay", "sbom", str(source), "-o", "cyclonedx-json", *flags]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "skipped" not in done.stderr, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_versions_of_parents_and_imports_are_those_of_maven(project: Path, tmp_path: Path) -> None:
    listed = _LISTED.findall((project / "list.txt").read_text())
    assert len(listed) == 4
    shutil.copy(project / "pom.xml", tmp_path)
    found = assay(tmp_path, "--maven-repository", str(KEPT))
    shown = {item["purl"]: item.get("scope", "required") for item in found["components"]}
    assert shown.pop("pkg:maven/org.sample/shop@1.0")
    wanted = {f"pkg:maven/{group}/{name}@{version}": scope for group, name, version, scope in listed}
    assert shown == {purl: "excluded" if scope == "test" else "required" for purl, scope in wanted.items()}


def test_a_repository_inside_tells_the_same(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "pom.xml", tmp_path)
    outside = assay(tmp_path, "--maven-repository", str(KEPT))
    for pom in KEPT.rglob("*.pom"):
        target = tmp_path / "m2" / pom.relative_to(KEPT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pom, target)
    assert assay(tmp_path)["components"] == outside["components"]


def test_the_sbom_in_a_jar_of_spring_boot_names_what_is_nested(project: Path) -> None:
    """Each nested jar is one component, with the edges that the plugin of CycloneDX wrote."""
    made = project / "target" / "shop-1.0.jar"
    with zipfile.ZipFile(made) as archive:
        document = json.loads(archive.read("META-INF/sbom/application.cdx.json"))
        nested = [name for name in archive.namelist() if name.startswith("BOOT-INF/lib/") and name.endswith(".jar")]
    found = assay(made)
    plain = {item["bom-ref"]: item["purl"].partition("?")[0] for item in document["components"]}
    root = document["metadata"]["component"]["bom-ref"]
    plain[root] = "pkg:maven/org.sample/shop@1.0"
    shown = {item["purl"] for item in found["components"]}
    tools = "pkg:maven/org.springframework.boot/spring-boot-jarmode-tools@3.3.5"  # packed by Spring Boot, not listed
    assert shown == {*plain.values(), tools}
    edges = {item["ref"]: set(item.get("dependsOn", ())) for item in found["dependencies"]}
    for entry in document["dependencies"]:
        needed = {plain[target] for target in entry.get("dependsOn", ())}
        assert needed <= edges[plain[entry["ref"]]]
    assert edges[plain[root]] == {plain[target] for target in _needed(document, root)} | {tools}
    places = [place["location"] for item in found["components"] for place in item["evidence"]["occurrences"]]
    assert {f"{made.name}!/{name}" for name in nested} <= set(places)


def _needed(document: dict[str, Any], root: str) -> list[str]:
    return next(entry["dependsOn"] for entry in document["dependencies"] if entry["ref"] == root)
