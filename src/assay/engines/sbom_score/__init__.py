"""How good an SBOM is.

`score` gives the categories and weights of sbomqs (version 2), the NTIA minimum elements of 2021 and those of the CISA
draft of 2025, and for every component what it lacks. The checks are in `component_checks` (asked of each component) and
`document_checks` (asked once), a line of data each.
"""

from __future__ import annotations

from assay.engines.sbom_score.component_checks import COMPONENT_CHECKS, Asked
from assay.engines.sbom_score.document_checks import DOCUMENT_CHECKS, Document
from assay.model.component import Component, ComponentType
from assay.model.sbom import Sbom
from assay.model.sbom_score import Category, Check, Minimum, Score, Shortfall

__all__ = ["CATEGORIES", "score"]

CATEGORIES = {
    "identification": 10.0,
    "provenance": 12.0,
    "integrity": 15.0,
    "completeness": 12.0,
    "licensing": 15.0,
    "vulnerability ids": 10.0,
    "structure": 8.0,
}
"""The categories and their weights; a tenth of them is their share in percent, roughly."""

_NTIA = ("supplier", "name", "version", "unique identifier", "dependency relationship", "author", "timestamp")
_CISA = (
    "supplier",
    "name",
    "version",
    "unique identifier",
    "hash",
    "licence",
    "dependency relationship",
    "author",
    "tool",
    "timestamp",
    "generation context",
    "completeness",
)


def score(sbom: Sbom, valid: bool | None = None, signed: bool = False) -> Score:
    """The verdict on its packages, of which files are none.

    `valid` is what schema validation said (None: not asked), `signed` whether a signature was found.
    """
    document = Document(sbom, valid, signed)
    components = tuple(item for item in sbom.components if item.type is not ComponentType.FILE)
    found = [_component_check(check, components) for check in COMPONENT_CHECKS]
    found += [
        (check.category, _document_check(check.name, check.weight, check.test(document), check.remedy))
        for check in DOCUMENT_CHECKS
    ]
    checks = {check.name: check for _, check in found}
    categories = tuple(
        Category(name, weight, tuple(check for category, check in found if category == name))
        for name, weight in CATEGORIES.items()
    )
    minimums = (_minimum("NTIA 2021", _NTIA, checks), _minimum("CISA 2025 draft", _CISA, checks))
    return Score(categories, minimums, tuple(_shortfalls(components)))


def _component_check(check: Asked, components: tuple[Component, ...]) -> tuple[str, Check]:
    met = sum(map(check.test, components))
    return check.category, Check(check.name, check.weight, met, len(components), check.remedy)


def _document_check(name: str, weight: float, met: bool, remedy: str) -> Check:
    return Check(name, weight, int(met), 1, remedy)


def _minimum(name: str, elements: tuple[str, ...], checks: dict[str, Check]) -> Minimum:
    return Minimum(name, tuple(checks[element] for element in elements))


def _label(component: Component) -> str:
    """What people know it by: many documents refer to components by numbers."""
    if component.purl is not None or not component.name:
        return str(component.purl or component.id)
    return f"{component.name}@{component.version}" if component.version else component.name


def _shortfalls(components: tuple[Component, ...]) -> list[Shortfall]:
    found = []
    for component in components:
        missing = tuple(check.name for check in COMPONENT_CHECKS if check.told and not check.test(component))
        if missing:
            found.append(Shortfall(_label(component), missing))
    return found
