"""vcpkg: what its own tool wrote, out of the tests of the crate `vcpkg`."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.model.component import Component
from assay.model.sbom import Sbom
from simulators import crates

PROOF = ("vcpkg", "foreign")
VCPKG = [ecosystem for ecosystem in discover() if ecosystem.name == "vcpkg"]
TRIMMED = {
    "normalized": {"graphite2_1.3.10_x86-windows.list", "icu_61.1-2_x64-osx.list"},
    "no-status": set(),
    "multiline-description": set(),
}
"""Lists of files in the trees of the crate whose port its authors took out of the status, by tree."""


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trees of installed ports that the crate is tested with."""
    return crates.unpacked("vcpkg-0.2.15", tmp_path_factory.mktemp("crates")) / "test-data"


@pytest.mark.parametrize("tree", TRIMMED)
def test_the_ports_are_those_whose_files_vcpkg_lists(tree: str, trees: Path) -> None:
    """For each installed port vcpkg writes a list of its files, named by port, version and triplet."""
    listed = {path.name for path in (trees / tree).glob("installed/vcpkg/info/*.list")}
    found = _scanned(trees / tree)
    assert found.skipped == ()
    assert {_list_of(item) for item in found.components} == listed - TRIMMED[tree]


def test_the_ports_need_what_vcpkg_says(trees: Path) -> None:
    """The updates of the second tree, read here as plainly as can be: paragraph by paragraph, the last one counts."""
    needs: dict[str, set[str]] = {}
    for update in sorted((trees / "no-status").glob("installed/vcpkg/updates/*")):
        said = dict(line.split(": ", 1) for line in update.read_text().splitlines() if ": " in line)
        needed = said.get("Depends", "").split(", ") if said["Status"] == "install ok installed" else []
        name = f"{said['Package']}:{said['Architecture']}"
        more = {f"{item}:{said['Architecture']}" for item in needed if item}
        needs[name] = needs.get(name, set()) | more if "Feature" in said else more
    found = _scanned(trees / "no-status")
    named = {item.id: f"{item.name}:{_triplet(item)}" for item in found.components}
    edges = [(named[item], others) for item, others in found.dependencies.items() if item in named]
    told = {item: {named[other] for other in others} for item, others in edges}
    assert {name: told.get(name, set()) for name in named.values()} == needs
    assert sum(map(len, needs.values())) > 300


def _scanned(folder: Path) -> Sbom:
    return catalog(Directory(str(folder)), VCPKG)


def _triplet(port: Component) -> str:
    assert port.purl is not None
    return dict(port.purl.qualifiers)["triplet"]


def _list_of(port: Component) -> str:
    return f"{port.name}_{port.version}_{_triplet(port)}.list"
