"""Alpine's secdb, which Wolfi and Chainguard publish too: which version of a package fixed which CVEs.

::

    {"distroversion": "v3.20", "reponame": "main", "packages": [
      {"pkg": {"name": "openssl", "secfixes": {"3.3.1-r1": ["CVE-2024-4741"], "0": ["CVE-2022-1292"]}}}]}

Version ``0``: never affected. Records of one fix a line (``{id, distro, repo, pkg, fixed, cves}``) are read too.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import AssayError
from assay.formats import json_records, yaml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Record
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval


def read(document: Document, ecosystem: str) -> Iterator[Record | Skipped]:
    """The advisories: one for each CVE; `ecosystem` is ``Alpine`` (with releases), ``Wolfi`` ..."""
    by_cve: dict[str, list[Affected]] = {}
    if document.name.endswith((".yaml", ".yml")):
        try:
            _database(yaml.load_object(document.content), ecosystem, by_cve)
        except AssayError as error:
            yield Skipped(document.name, error.what)
    else:
        for place, item in json_records.objects(document):
            if isinstance(item, Skipped):
                yield item
            elif "packages" in item:
                _database(item, ecosystem, by_cve)
            elif not _fix(item, ecosystem, by_cve):
                yield Skipped(place, "neither a database nor a fix of one")
    for name, affected in sorted(by_cve.items()):
        yield Advisory(name, affected=tuple(affected))


def _database(item: Object, ecosystem: str, by_cve: dict[str, list[Affected]]) -> None:
    place = _place(ecosystem, as_text(item.get("distroversion")))
    for entry in as_list(item.get("packages")):
        package = as_object(as_object(entry).get("pkg"))
        for fixed, names in as_object(package.get("secfixes")).items():
            _add(by_cve, place, as_text(package.get("name")), fixed, as_list(names))


def _fix(item: Object, ecosystem: str, by_cve: dict[str, list[Affected]]) -> bool:
    package, fixed = as_text(item.get("pkg")), as_text(item.get("fixed"))
    if not package or not fixed:
        return False
    _add(by_cve, _place(ecosystem, as_text(item.get("distro"))), package, fixed, as_list(item.get("cves")))
    return True


def _place(ecosystem: str, release: str) -> str:
    return f"{ecosystem}:{release.removeprefix('v')}" if ecosystem == "Alpine" and release else ecosystem


def _add(by_cve: dict[str, list[Affected]], place: str, package: str, fixed: str, names: list[object] | list) -> None:  # type: ignore[type-arg]
    if not package:
        return
    if fixed == "0":
        found = Affected(place, package, state=FixState.NOT_AFFECTED)
    else:
        found = Affected(place, package, (Interval(high=fixed),), fixed=(fixed,), state=FixState.FIXED)
    for text in names:
        for name in as_text(text).split():
            if "-" in name:
                by_cve.setdefault(name, []).append(found)
