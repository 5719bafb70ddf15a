"""Programs recognised by their bytes, in extracts of real ones (the cases of the binary cataloger of
anchore/syft).

Run alone: ``python -m pytest tests/conformance/test_classifiers.py -s -q``. A case is a directory that is
scanned with all ecosystems; the programs found must be exactly those that the case expects, by name, version,
purl and files of evidence (what other ecosystems see in the same files, such as an OTP application in its
resource file, is not asked).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from conformance import suite

NEEDED = 0.97


def test_every_extract_is_what_it_is_expected_to_be(tmp_path: Path) -> None:
    folder = suite.folder("classifiers")
    tally = suite.Tally("classifiers")
    for number, case in enumerate(suite.lines(folder / "index.jsonl")):
        place = folder / case["dir"]
        if case.get("links"):
            place = _with_links(place, case["links"], tmp_path / str(number))
        tally.add(case["name"], _sorted(case["expected"]), _found(place))
    tally.close(NEEDED)


def _with_links(place: Path, links: dict[str, str], copy: Path) -> Path:
    shutil.copytree(place, copy)
    for name, target in links.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).symlink_to(target)
    return copy


def _found(place: Path) -> list[suite.Case]:
    sbom = catalog(Directory(str(place)), discover())
    return _sorted(
        [
            {
                "name": component.name,
                "version": component.version,
                "purl": str(component.purl or ""),
                "locations": [occurrence.path for occurrence in component.occurrences],
            }
            for component in sbom.components
            if component.ecosystem == "binary"
        ]
    )


def _sorted(packages: list[suite.Case]) -> list[suite.Case]:
    """Name, version, purl and locations alone, in one order."""
    cut = [
        {key: package[key] for key in ("name", "version", "purl")} | {"locations": sorted(set(package["locations"]))}
        for package in packages
    ]
    return sorted(cut, key=lambda package: (package["purl"], package["locations"]))
