"""Every ecosystem's fixtures, walked by one test: `fixtures/<case>/expected.json` beside `input/` (CONTRIBUTING.md)."""

from __future__ import annotations

import json
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.model.component import Component
from assay.model.ecosystem import Proof
from assay.model.sbom import Sbom

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("ASSAY_SUITES", ROOT.parent / "shared" / "data"))
ECOSYSTEMS = {ecosystem.name: ecosystem for ecosystem in discover()}
PLUGINS = ROOT / "src" / "assay" / "ecosystems"
CASES = sorted(path.parent for path in PLUGINS.glob("*/fixtures/*/expected.json"))


def case_name(case: Path) -> str:
    return f"{case.parts[-3]}-{case.name}"


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_fixture_is_read_as_expected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    found = scan(case, expected)
    by_id = {component.id: component for component in found.components}
    wanted = [{"id": item} if isinstance(item, str) else item for item in expected["components"]]
    assert sorted(by_id) == sorted(item["id"] for item in wanted)
    for item in wanted:
        shown = describe(by_id[item["id"]])
        assert {key: shown[key] for key in item} == item
    if "edges" in expected:
        edges = [[a, b] for a, bs in found.dependencies.items() if a != found.subject.id for b in bs]
        assert sorted(edges) == sorted(expected["edges"])
    assert [item.path for item in found.skipped] == sorted(expected.get("skipped", []))


@pytest.mark.parametrize("name", sorted(ECOSYSTEMS))
def test_an_ecosystem_has_fixtures_that_bear_its_proof(name: str) -> None:
    cases = [json.loads((case / "expected.json").read_text()) for case in CASES if case.parts[-3] == name]
    proofs = {case["proof"] for case in cases} | proofs_elsewhere(name)
    assert ECOSYSTEMS[name].proof in proofs, f"no fixture of {name} is {ECOSYSTEMS[name].proof}"
    assert all(case["origin"] and case["about"] for case in cases)


def proofs_elsewhere(name: str) -> set[str]:
    """Proofs by tests that build their input with the ecosystem's own tool: marked ``PROOF = ("golang", "native")``."""
    lines = [line for path in Path(__file__).parent.glob("test_*.py") for line in path.read_text().splitlines()]
    return {str(proof) for proof in Proof if any(line == f'PROOF = ("{name}", "{proof}")' for line in lines)}


def scan(case: Path, expected: dict[str, Any]) -> Sbom:
    source = Directory(str(folder_of(case, expected)))
    return catalog(source, [ECOSYSTEMS[case.parts[-3]]])


def folder_of(case: Path, expected: dict[str, Any]) -> Path:
    where: str = expected.get("input", "input")
    if where.startswith("shared:"):
        folder = SUITES / where.removeprefix("shared:")
        if not folder.exists():
            pytest.skip(f"{where} needs ../shared/data (or ASSAY_SUITES)")
        return folder
    if where.startswith("package:"):
        _, package, path = where.split(":", 2)
        try:
            return Path(str(distribution(package).locate_file(path)))
        except PackageNotFoundError:
            pytest.skip(f"{where} needs the test package {package}")
    return case / where


def describe(component: Component) -> dict[str, Any]:
    """A component in the form that `expected.json` uses."""
    return {
        "id": component.id,
        "name": component.name,
        "version": component.version,
        "type": component.type.value,
        "namespace": component.namespace,
        "presence": component.presence.value,
        "scope": component.scope.value,
        "version_range": component.version_range,
        "licenses": [item.expression or item.name for item in component.licenses],
        "digests": [str(item) for item in component.digests],
        "supplier": component.supplier,
        "author": component.author,
        "description": component.description,
        "cpes": list(component.cpes),
        "owned_by": component.owned_by,
        "properties": {item.name: item.value for item in component.properties},
        "references": [item.url for item in component.references],
        "paths": [item.path for item in component.occurrences],
    }
