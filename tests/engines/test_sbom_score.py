"""Scores of SBOMs; the NTIA elements are cross-checked against the public checker."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assay.engines.sbom_score import CATEGORIES, score
from assay.formats.spdx import documents
from assay.model.component import Component
from assay.model.sbom import Sbom
from assay.report import sbom_score as shown
from formats.sboms import FULL, SHELL

ROOT = Component("app", "1", supplier="ACME")
GOOD = replace(FULL, subject=ROOT, components=(SHELL,), dependencies={ROOT.id: (SHELL.id,)})


def minimums(sbom: Sbom) -> dict[str, set[str]]:
    """The elements that lack, by set."""
    return {item.name: {check.name for check in item.elements if check.met < check.of} for item in score(sbom).minimums}


def test_the_weights_of_the_categories_are_those_of_sbomqs() -> None:
    found = score(GOOD)
    assert {item.name: item.weight for item in found.categories} == CATEGORIES
    assert all(0 <= item.score <= 10 for item in found.categories)


def test_a_good_document_meets_the_minimum_elements() -> None:
    assert minimums(GOOD) == {"NTIA 2021": set(), "CISA 2025 draft": set()}
    assert score(GOOD, valid=True, signed=True).total > score(GOOD, valid=False).total > 6


@pytest.mark.parametrize(
    ("change", "ntia", "cisa"),
    [
        ({"timestamp": ""}, {"timestamp"}, {"timestamp"}),
        ({"authors": (), "supplier": "", "tools": ()}, {"author"}, {"author", "tool"}),
        ({"lifecycles": ()}, set(), {"generation context"}),
        ({"dependencies": {}}, {"dependency relationship"}, {"dependency relationship"}),
        ({"components": (replace(SHELL, supplier=""),)}, {"supplier"}, {"supplier"}),
        ({"components": (replace(SHELL, digests=()),)}, set(), {"hash"}),
        ({"components": (replace(SHELL, licenses=()),)}, set(), {"licence"}),
    ],
)
def test_each_element_is_missed(change: dict[str, object], ntia: set[str], cisa: set[str]) -> None:
    assert minimums(replace(GOOD, **change)) == {"NTIA 2021": ntia, "CISA 2025 draft": cisa}  # type: ignore[arg-type]


def test_each_component_is_told_what_it_lacks() -> None:
    bare = Component("bare")
    found = score(replace(GOOD, components=(SHELL, bare)))
    assert [item.component for item in found.shortfalls] == ["bare"]
    assert found.shortfalls[0].missing == (
        "version",
        "hash",
        "supplier",
        "licence",
        "purl",
        "unique identifier",
    )


def test_an_empty_document_lacks_nothing_of_components() -> None:
    assert "supplier" not in minimums(Sbom(ROOT))["NTIA 2021"]


def test_the_reports_name_the_remedy() -> None:
    found = score(replace(GOOD, components=(replace(SHELL, supplier=""),)))
    assert "name who supplies the component" in shown.table(found)
    assert "NTIA 2021 minimum elements: not met (supplier no)" in shown.table(found)
    document = json.loads(shown.to_json(found))
    assert document["score"] == round(found.total, 2)
    assert document["components"] == [{"component": SHELL.id, "missing": ["supplier"]}]


@pytest.mark.parametrize("change", [{}, {"supplier": ""}, {"version": ""}, {"version": "", "supplier": ""}])
def test_the_public_checker_agrees_on_the_ntia_elements(change: dict[str, str], tmp_path: Path) -> None:
    checker = pytest.importorskip("ntia_conformance_checker")
    sbom = replace(GOOD, components=(replace(SHELL, **change),))  # type: ignore[arg-type]
    path = tmp_path / "sbom.spdx.json"
    path.write_bytes(documents.write_json(sbom, "2.3"))
    theirs = checker.SbomChecker(str(path))
    ours = minimums(sbom)["NTIA 2021"]
    assert theirs.compliant is (ours == set())
    assert bool(theirs.components_without_suppliers) is ("supplier" in ours)
    assert bool(theirs.components_without_versions) is ("version" in ours)


@pytest.mark.parametrize(("licenses", "met"), [(None, 0), ([], 0), ([{"license": {"id": "CC0-1.0"}}], 1)])
def test_the_licence_of_a_document_is_its_own(licenses: object, met: int) -> None:
    metadata = {"tools": [{"name": "licenses"}]} | ({} if licenses is None else {"licenses": licenses})
    sbom = replace(FULL, source_format="cyclonedx-json@1.7", extra={"cyclonedx": {"metadata": metadata}})
    checks = [check for category in score(sbom).categories for check in category.checks]
    assert [check.met for check in checks if check.name == "data licence"] == [met]
