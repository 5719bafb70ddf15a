"""What a document says of the thing that it lies in."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from assay.errors import LimitExceeded
from assay.formats import sbom_contents
from assay.formats.sbom_contents import contents
from assay.model.component import Component, ComponentType, Occurrence, Presence, Property
from assay.model.purl import Purl
from assay.model.sbom import Sbom

ROOT = Component("app", "1", ComponentType.APPLICATION, ref="root")
A = Component("a", "1", purl=Purl("maven", "a", "1", namespace="g", qualifiers=(("classifier", "x"), ("type", "jar"))))
ZIP = Component("z", "1", purl=Purl("maven", "z", "1", namespace="g", qualifiers=(("type", "zip"),)))
BUILT = Component("b", "2", purl=Purl("cargo", "b", "2", qualifiers=(("download_url", "file:///home/b"),)))
SYSTEM = Component("zlib", "3", purl=Purl("rpm", "zlib", "3", namespace="alma"))
GROUP = Component("package-lock.json", type=ComponentType.APPLICATION, ref="lock")
FILE = Component("a.so", "1", ComponentType.FILE, ref="file")
IMAGE = Component("base", "1", ComponentType.CONTAINER, purl=Purl("oci", "base", "1"))
BARE = Component("later", ref="later", purl=Purl("npm", "later"))
PARTS = (A, ZIP, BUILT, SYSTEM, GROUP, FILE, IMAGE, BARE)
SBOM = Sbom(ROOT, PARTS, {"root": ("lock", A.id), "lock": (BUILT.id,), A.id: (SYSTEM.id, "file")})
IDS = [
    "pkg:maven/g/a@1?classifier=x",
    "pkg:maven/g/z@1?type=zip",
    "pkg:cargo/b@2",
    "pkg:rpm/alma/zlib@3",
    "pkg:npm/later",
]


def test_purls_are_written_as_everywhere_else() -> None:
    assert [item.id for item in contents(SBOM, bundled=True).components] == IDS


def test_edges_lead_through_what_only_groups() -> None:
    found = contents(SBOM, bundled=True)
    assert found.edges == ((IDS[0], IDS[3]),)
    assert set(found.top) == {IDS[0], IDS[2], IDS[1], IDS[4]}


def test_in_a_package_all_that_has_a_version_is_there() -> None:
    """Also the libraries of a system that were copied into it."""
    declared = {item.id for item in contents(SBOM, bundled=True).components if item.presence is Presence.DECLARED}
    assert declared == {IDS[4]}


def test_beside_what_it_describes_the_database_of_the_system_knows_better() -> None:
    declared = {item.id for item in contents(SBOM).components if item.presence is Presence.DECLARED}
    assert declared == {IDS[3]}


def test_the_root_counts_where_it_has_a_purl_and_holds_nothing() -> None:
    known = replace(ROOT, ref="", purl=Purl("generic", "app", "1"))
    sbom = Sbom(known, (A,), {known.id: (A.id,)})
    assert [item.id for item in contents(sbom).components] == ["pkg:generic/app@1", IDS[0]]
    assert contents(sbom).edges == (("pkg:generic/app@1", IDS[0]),)
    assert [item.id for item in contents(sbom, bundled=True).components] == [IDS[0]]
    assert contents(sbom, bundled=True).top == (IDS[0],)


def test_parts_of_a_package_that_is_listed_are_none() -> None:
    """A part of what is not listed is all that is known of it; edges to a part lead to nothing."""
    target = Component("b", "2", purl=Purl("cargo", "b", "2", subpath="src/lib.rs"))
    action = Component("cache", "3", purl=Purl("github", "cache", "3", namespace="actions", subpath="restore"))
    sbom = replace(SBOM, components=(BUILT, target, action), dependencies={BUILT.id: (target.id, action.id)})
    found = contents(sbom, bundled=True)
    assert [item.id for item in found.components] == ["pkg:cargo/b@2", action.id]
    assert found.edges == (("pkg:cargo/b@2", action.id),)


def test_what_only_holds_in_the_document_is_left_there() -> None:
    told = replace(
        A, occurrences=(Occurrence("x"),), owned_by="y", properties=(Property("p", "q"),), extra={"cyclonedx": {}}
    )
    (item,) = contents(Sbom(ROOT, (told,)), bundled=True).components
    assert (item.ecosystem, item.ref, item.occurrences, item.owned_by, item.properties, item.extra) == (
        "maven", "", (), "", (), {},
    )  # fmt: skip


def test_dependencies_by_way_of_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """All need a group of all, so that a small document has edges without end."""
    monkeypatch.setattr(sbom_contents, "_MAX_GROUPED", 300)
    for count, fits in ((10, True), (20, False)):
        parts = [Component(f"p{number}", "1", purl=Purl("npm", f"p{number}", "1")) for number in range(count)]
        edges = {"lock": tuple(item.id for item in parts)} | {item.id: ("lock",) for item in parts}
        with nullcontext() if fits else pytest.raises(LimitExceeded, match="more than 300 dependencies"):
            assert len(contents(Sbom(ROOT, (*parts, GROUP), edges)).edges) == count * (count - 1)
