"""Who made a component reaches the documents, from every ecosystem whose files say it; nothing is invented."""

from __future__ import annotations

import json
from pathlib import Path

from assay.app import SbomRequest, sbom
from assay.report import formats

FILES = {
    "node_modules/a/package.json": '{"name": "a", "version": "1", "author": "Ann <ann@acme.example>"}',
    "node_modules/m/package.json": '{"name": "m", "version": "1", "maintainers": [{"name": "Moe"}]}',
    "lib/python3.12/site-packages/p-1.dist-info/METADATA": "Name: p\nVersion: 1\nAuthor: Pat\nMaintainer: Max\n",
    "lib/ruby/gems/3.3.0/specifications/g-1.gemspec": (
        'Gem::Specification.new do |s|\n  s.name = "g".freeze\n  s.version = "1".freeze\n'
        '  s.authors = ["Gil".freeze, "Gus".freeze]\nend\n'
    ),
    "vendor/composer/installed.json": (
        '{"packages": [{"name": "v/c", "version": "1.0", "authors": [{"name": "Cleo", "email": "c@c.example"}]}]}'
    ),
    "rust/Cargo.toml": '[package]\nname = "k"\nversion = "1.0.0"\nauthors = ["Kim"]\n',
    "rust/Cargo.lock": 'version = 3\n[[package]]\nname = "r"\nversion = "1.0.0"\n',
}
EXPECTED = {
    "a": ("Ann <ann@acme.example>", "Ann <ann@acme.example>"),
    "m": ("Moe", ""),
    "p": ("Max", "Pat"),
    "g": ("Gil, Gus", "Gil, Gus"),
    "c": ("Cleo", "Cleo"),
    "k": ("Kim", "Kim"),
    "r": ("", ""),
}


def test_people_reach_the_documents(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = sbom(SbomRequest(str(tmp_path)))
    assert {item.name: (item.supplier, item.author) for item in found.components} == EXPECTED
    cyclonedx = json.loads(formats.write(found, "cyclonedx-json", "1.7"))["components"]
    shown = {
        item["name"]: (item.get("supplier", {}).get("name", ""), item.get("authors", [{"name": ""}])[0]["name"])
        for item in cyclonedx
    }
    assert shown == EXPECTED
    packages = json.loads(formats.write(found, "spdx-json", "2.3"))["packages"]
    spdx = {item["name"]: (item["supplier"], item.get("originator", "")) for item in packages}
    assert spdx["g"] == ("Organization: Gil, Gus", "Person: Gil, Gus")
    assert spdx["r"] == ("NOASSERTION", "")


def declared(folder: Path, files: dict[str, str]) -> dict[str, tuple[str, list[str]]]:
    """Versionless or not, each component with its range and the ranges that it was asked for besides."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return {
        str(item.purl): (
            item.version_range,
            [fact.value for fact in item.properties if fact.name == "assay:version-range:also"],
        )
        for item in sbom(SbomRequest(str(folder))).components
    }


def test_a_version_that_a_range_forbids_is_not_what_it_asks_for(tmp_path: Path) -> None:
    found = declared(
        tmp_path, {"a/requirements.txt": "rsa>=4\nidna>=3\n", "b/requirements.txt": "rsa==3.1.4\nidna==3.7\n"}
    )
    assert found == {"pkg:pypi/rsa": (">=4", []), "pkg:pypi/rsa@3.1.4": ("", []), "pkg:pypi/idna@3.7": ("", [])}


def test_ranges_of_several_projects_are_all_kept(tmp_path: Path) -> None:
    found = declared(tmp_path, {f"{name}/requirements.txt": f"rsa{name}\n" for name in (">=4", ">=5", "<9")})
    assert found == {"pkg:pypi/rsa": ("<9", [">=4", ">=5"])}


def test_a_range_of_a_form_that_is_not_read_forbids_nothing(tmp_path: Path) -> None:
    catalog = '[libraries]\na = "com.a:b:1.+"\n'
    found = declared(
        tmp_path, {"gradle/libs.versions.toml": catalog, "gradle.lockfile": "com.a:b:1.5=runtimeClasspath\n"}
    )
    assert found == {"pkg:maven/com.a/b@1.5": ("", [])}


def test_a_range_that_cannot_be_read_costs_nothing_else(tmp_path: Path) -> None:
    project = '[tool.poetry]\nname = "x"\nversion = "1"\n[tool.poetry.dependencies]\nrsa = "=="\nidna = ">=1 <<2"\n'
    found = declared(tmp_path, {"pyproject.toml": project, "requirements.txt": "rsa==3.1.4\nidna==3.7\n"})
    assert sorted(found) == ["pkg:pypi/idna@3.7", "pkg:pypi/rsa@3.1.4", "pkg:pypi/x@1"]


def test_a_channel_or_alias_forbids_no_version(tmp_path: Path) -> None:
    wanted = '{"name": "n", "version": "1.0.0", "dependencies": {"a": "next", "b": "npm:c@^1"}}'
    files = {f"node_modules/{name}/package.json": f'{{"name": "{name}", "version": "1.5.0"}}' for name in "ab"}
    found = declared(tmp_path, {"package.json": wanted, **files})
    assert sorted(found) == ["pkg:npm/a@1.5.0", "pkg:npm/b@1.5.0", "pkg:npm/n@1.0.0"]
