"""What an SPDX document of some version cannot hold of an SBOM, a line each.

Nothing of the model itself is lost, since annotations carry what has no field: lost are the unknown fields of another
format that the SBOM was read from, and for programs that do not read our annotations what older versions have no
field for.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.formats import unheld
from assay.formats.json import as_object
from assay.formats.spdx.documents import VERSION_3, family
from assay.formats.spdx.package import ALGORITHMS
from assay.formats.spdx.versions import rules
from assay.model.component import Component
from assay.model.sbom import Sbom


def losses(sbom: Sbom, version: str) -> tuple[str, ...]:
    """The lines for SPDX `version` (``2.2``, ``2.3``, ``3.0``)."""
    target = 3 if version == VERSION_3 else 2
    found = [*_foreign(sbom, target), *_edges(sbom)]
    if target == 2:
        found += _without_field(sbom, version)
        found += _older(sbom, version)
    return tuple(found)


def _everyone(sbom: Sbom) -> tuple[Component, ...]:
    return (sbom.subject, *sbom.components)


def _foreign(sbom: Sbom, target: int) -> list[str]:
    """What only the family holds that the document came from; SPDX 2 and 3 are two families here."""
    found = [*unheld.lines(sbom, "spdx")]
    source = family(sbom)
    if source not in {0, target}:
        found += unheld.told(f"SPDX {source}", unheld.counted(sbom, "spdx"))
    return found


def _edges(sbom: Sbom) -> Iterable[str]:
    """Edges whose ends are no components: services, or nothing at all."""
    known = {component.id for component in _everyone(sbom)}
    ends = {key for source, needed in sbom.dependencies.items() for key in (source, *needed) if key not in known}
    if ends:
        shown = ", ".join(sorted(ends)[:3]) + (" ..." if len(ends) > 3 else "")
        yield f"dependencies on {len(ends)} things that are no components: left out ({shown})"


def _without_field(sbom: Sbom, version: str) -> Iterable[str]:
    absent = set(rules(version)["checksums_absent"])
    kinds = {str(item.algorithm) for component in _everyone(sbom) for item in component.digests}
    for kind in sorted(kinds):
        if kind not in ALGORITHMS or ALGORITHMS[kind] in absent:
            yield f"{kind} digests: SPDX {version} has no such checksum; kept in annotations"


def _older(sbom: Sbom, version: str) -> Iterable[str]:
    """Fields of SPDX 2.3 that an older version has not and no annotation carries."""
    absent = [name for name in rules(version)["package_fields_absent"] if name != "primaryPackagePurpose"]
    packages = [as_object(component.extra.get("spdx")) for component in _everyone(sbom)]
    for name in absent:
        count = sum(name in package for package in packages)
        if count:
            yield f"{name} of {count} packages: SPDX {version} has no such field; left out"
