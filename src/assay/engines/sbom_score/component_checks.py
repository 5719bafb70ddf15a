"""What is asked of each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.formats import spdx_license
from assay.formats.license_names import table
from assay.model.component import Component
from assay.model.digest import Algorithm
from assay.model.license import Acknowledgement

_WEAK = frozenset({Algorithm.MD5, Algorithm.SHA1})
_RESTRICTIVE = ("AGPL-", "GPL-", "SSPL-", "BUSL-", "CC-BY-NC", "OSL-", "EUPL-", "Elastic-")
_SOURCES = frozenset({"vcs", "source-distribution"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for each component; `told` ones are listed for every component that fails them."""

    category: str
    name: str
    weight: float
    test: Callable[[Component], bool]
    remedy: str
    told: bool = True


def _identifiers(component: Component) -> list[str]:
    """The licence ids of all valid expressions."""
    valid = [item.expression for item in component.licenses if item.expression]
    return [name.removesuffix("+") for text in valid for name in spdx_license.identifiers(text)]


def _listed(component: Component) -> bool:
    names = _identifiers(component)
    return bool(names) and not any(name.startswith(("LicenseRef-", "DocumentRef-")) for name in names)


def _undeprecated(component: Component) -> bool:
    return bool(component.licenses) and not any(name in table().successors for name in _identifiers(component))


def _permissive(component: Component) -> bool:
    return bool(component.licenses) and not any(name.startswith(_RESTRICTIVE) for name in _identifiers(component))


def _declared(component: Component) -> bool:
    return any(item.acknowledgement is Acknowledgement.DECLARED for item in component.licenses)


def _strong(component: Component) -> bool:
    return any(item.algorithm not in _WEAK for item in component.digests)


def _source(component: Component) -> bool:
    return any(item.type in _SOURCES for item in component.references)


COMPONENT_CHECKS: tuple[Asked, ...] = (
    Asked("identification", "name", 0.40, lambda item: bool(item.name), "every component needs a name"),
    Asked("identification", "version", 0.35, lambda item: bool(item.version), "pin it: a lock file has exact versions"),
    Asked("identification", "local id", 0.25, lambda item: bool(item.id), "give each its own reference", False),
    Asked("integrity", "strong hash", 0.50, _strong, "add SHA-256 or SHA-512, as lock files have them", False),
    Asked("integrity", "hash", 0.40, lambda item: bool(item.digests), "add a digest of the package"),
    Asked("completeness", "source code", 0.15, _source, "add a reference to the source code", False),
    Asked("completeness", "supplier", 0.15, lambda item: bool(item.supplier), "name who supplies the component"),
    Asked("completeness", "purpose", 0.10, lambda item: bool(item.type), "state the type of the component", False),
    Asked("licensing", "licence", 0.20, lambda item: bool(item.licenses), "state the licence"),
    Asked(
        "licensing",
        "valid licence",
        0.20,
        lambda item: any(map(spdx_license.is_valid, filter(None, (found.expression for found in item.licenses)))),
        "write the licence as an SPDX expression",
        False,
    ),
    Asked("licensing", "listed licence", 0.20, _listed, "use ids of the SPDX licence list", False),
    Asked("licensing", "licence not deprecated", 0.15, _undeprecated, "replace ids such as GPL-2.0", False),
    Asked(
        "licensing",
        "licence not restrictive",
        0.20,
        _permissive,
        "look at the copyleft and source-available ones",
        False,
    ),
    Asked("licensing", "declared licence", 0.15, _declared, "state what the authors declare", False),
    Asked("vulnerability ids", "purl", 0.50, lambda item: item.purl is not None, "add a package URL"),
    Asked("vulnerability ids", "CPE", 0.50, lambda item: bool(item.cpes), "add a CPE where the NVD has one", False),
    Asked(
        "vulnerability ids",
        "unique identifier",
        0.0,
        lambda item: item.purl is not None or bool(item.cpes),
        "add a package URL or a CPE",
    ),
)
