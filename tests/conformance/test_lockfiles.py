"""The package lists of lock and manifest files that osv-scalibr expects, read by the whole catalog.

Run alone: ``python -m pytest tests/conformance/test_lockfiles.py -s -q``. Each case's folder is scanned as a
directory with all ecosystems; what counts are the components that were seen in the file of the case. Both lists are
brought into one form: sorted pairs of name and version, each once.

Where assay deliberately says more than those lists, the surplus is left out of the comparison, by rules that
hold for every case of a kind of file:

- the project that a lock file or manifest describes is a component of ours, not of theirs (`_is_listed`);
- so is what a manifest of the npm world asks for: there they list the project alone;
- a Python requirement that is a URL, a path or a repository has no version of an index;
- of renv.lock they list what the repository CRAN has, of Manifest.toml and cabal.project.freeze what has a version
  of its own;
- a range is a range with us, and its lower bound with them (`_lower_bound`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.model.component import Component, ComponentType
from assay.model.sbom import Sbom
from conformance import suite

_GROUPED = {"maven": ":", "npm": "/", "golang": "/", "composer": "/", "swift": "/", "github": "/", "conan": ""}
_SYSTEM = frozenset({"deb", "apk", "rpm"})
_BOUND = re.compile(r"^(?:===?|>=|<=|~=|~>|\^|~|=)?\s*v?([0-9][^\s,|<>=!*]*)$")
_INTERVAL = re.compile(r"^[\[(]\s*([0-9][^\s,\])]*)")


def test_every_list_of_the_suite() -> None:
    folder = suite.folder("lockfiles")
    tally = suite.Tally("lockfiles")
    for entry in suite.lines(folder / "index.jsonl"):
        case = folder / entry["dir"]
        expected = json.loads((case / "expected.json").read_text("utf-8"))
        try:
            tally.add(entry["name"], *_run(case, expected))
        except Exception as error:  # a crash is a case that went wrong, and the others still count
            tally.add(entry["name"], expected.get("packages") or expected["expectation"], f"crash: {error!r}")
    tally.close(least=0.97)


def _run(case: Path, expected: dict[str, Any]) -> tuple[object, object]:
    """What the case expects, and what assay says in the same form."""
    file, expectation = expected["file"], expected["expectation"]
    found = catalog(Directory(str(case / "input")), discover())
    seen = [one for one in found.components if any(_is_in(place.path, file) for place in one.occurrences)]
    if expectation == "packages":
        pairs = {(item["name"], item["version"]) for item in expected["packages"]}
        return sorted([name, version] for name, version in pairs), _pairs(seen, file, expected["purl_type"])
    is_told = file in {item.path for item in found.skipped}
    return expectation, expectation if _MET[expectation](seen, is_told) else _story(seen, found)


_MET: dict[str, Callable[[list[Component], bool], bool]] = {
    "error": lambda seen, is_told: is_told,
    "empty or error": lambda seen, is_told: not seen,
    "parse only": lambda seen, is_told: True,
}


def _story(seen: list[Component], found: Sbom) -> object:
    return {"components": [one.id for one in seen], "skipped": [item.reason for item in found.skipped]}


def _is_in(path: str, file: str) -> bool:
    return path == file or path.startswith(f"{file}!/")


def _pairs(seen: list[Component], file: str, purl_type: str) -> list[list[str]]:
    listed = [one for one in seen if _is_listed(one, file.rpartition("/")[2])]
    return sorted(map(list, {(_name(one, purl_type), _version(one, file)) for one in listed}))


def _is_listed(component: Component, file: str) -> bool:
    """Whether osv-scalibr lists components of this sort out of this sort of file."""
    names = {item.name for item in component.properties}
    is_project = component.type is ComponentType.APPLICATION
    if file == "package.json":
        return is_project and bool(component.version)
    if file == "Cargo.toml":
        return True
    if file == "uv.lock":
        return not any(item.name == "assay:pypi:virtual" and item.value == "." for item in component.properties)
    if component.purl is not None and component.purl.type == "pypi" and "assay:pypi:direct-reference" in names:
        return bool(component.version) and not file.endswith((".txt", "Pipfile.lock"))
    if file == "renv.lock":
        is_cran = component.purl is not None and component.purl.type == "cran"
        return is_cran and "assay:cran:repository" not in names
    if file == "cabal.project.freeze":
        return bool(component.version)
    if file == "Manifest.toml":
        return bool(component.version) and "assay:julia:version-from" not in names
    return not is_project or "assay:npm:workspace" in names


def _name(component: Component, purl_type: str) -> str:
    separator = _GROUPED.get(purl_type, "/")
    if purl_type in _SYSTEM or not component.namespace or not separator:
        return component.name
    return f"{component.namespace}{separator}{component.name}"


def _version(component: Component, file: str) -> str:
    """The version, or the lower bound; Go's ``v`` is left out there.

    Yarn writes a version for the members of a workspace that is none.
    """
    if file.endswith("yarn.lock") and component.type is ComponentType.APPLICATION and not component.version:
        return "0.0.0-use.local"
    version = component.version.removeprefix("v") if file.endswith("go.mod") else component.version
    return version or _lower_bound(component.version_range)


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        (">=2.8.1", "2.8.1"),
        ("~=1.1", "1.1"),
        ("<=1.2.3", "1.2.3"),
        ("!=3.5", ""),
        ("==0.7.*", ""),
        ("^1.0", "1.0"),
        ("[1.0,2)", "1.0"),
    ],
)
def test_a_range_is_compared_by_its_lower_bound(written: str, bound: str) -> None:
    assert _lower_bound(written) == bound


def _lower_bound(written: str) -> str:
    """The version of a range with one clause; their lists give none for what is excluded, open or composed."""
    match = _BOUND.match(written.strip()) or _INTERVAL.match(written.strip())
    return match[1] if match else ""
