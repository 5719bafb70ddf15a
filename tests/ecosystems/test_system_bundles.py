"""Bitnami, Homebrew, Snap and Flatpak: broken and hostile files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.bitnami import components, document
from assay.ecosystems.flatpak import metadata, metainfo
from assay.ecosystems.homebrew import formula, receipt
from assay.ecosystems.snap import metadata as snap
from assay.ecosystems.snap import packages
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Found

FLATPAK = "var/lib/flatpak/app/org.a.B/x86_64/stable/0a"
READERS: list[tuple[Callable[[File], Found], str]] = [
    (components.parse, "opt/bitnami/.bitnami_components.json"),
    (document.parse, "opt/bitnami/a/.spdx-a.spdx"),
    (receipt.parse, "opt/Cellar/a/1/INSTALL_RECEIPT.json"),
    (formula.parse, "opt/Cellar/a/1/.brew/a.rb"),
    (receipt.parse_cask, "opt/Caskroom/a/.metadata/1/2/Casks/a.json"),
    (snap.parse, "snap/a/1/meta/snap.yaml"),
    (packages.parse, "snap/a/1/snap/manifest.yaml"),
    (metadata.parse, f"{FLATPAK}/metadata"),
    (metainfo.parse, f"{FLATPAK}/export/share/metainfo/org.a.B.metainfo.xml"),
]
BROKEN = [
    b"",
    b"[]",
    b"{}",
    b'{"packages": [1, {"externalRefs": 3}, {"SPDXID": [], "externalRefs": [{"referenceType": "purl"}]}]}',
    b'{"a": [], "": {"version": "1"}, "b": {"version": {}}}',
    b'{"runtime_dependencies": [1, {"full_name": 3}, {"full_name": []}], "source": []}',
    b"name: [a]\nparts: [1]\npackages: {a: b}\n",
    b"name: a\nversion: {}\narchitectures: amd64\nparts: {a: 1, b: {stage-packages: [[], a=1]}}\n",
    b"<component><id>org.a.B</id><releases/><url/></component>",
    b"[Application]\nruntime\n",
]


@pytest.mark.parametrize(("reader", "path"), READERS)
@pytest.mark.parametrize("data", BROKEN)
def test_wrong_shapes_never_crash(reader: Callable[[File], Found], path: str, data: bytes) -> None:
    with contextlib.suppress(AssayError):
        reader(File(path, data))


@given(st.sampled_from(READERS), st.binary(max_size=120))
def test_arbitrary_bytes_never_crash(reader: tuple[Callable[[File], Found], str], data: bytes) -> None:
    with contextlib.suppress(AssayError):
        reader[0](File(reader[1], data))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        ('any_of: ["MIT", "curl"]', "MIT OR curl"),
        ('all_of: ["MIT", "ISC"]', "MIT AND ISC"),
        (":cannot_represent", ":cannot_represent"),
    ],
)
def test_licences_of_formulas(text: str, expression: str) -> None:
    assert formula.licence(text) == expression


def test_places_that_are_none() -> None:
    for reader, path in ((receipt.parse, "a/b"), (receipt.parse_cask, "a"), (metadata.parse, "flatpak/x/metadata")):
        with pytest.raises(Malformed):
            reader(File(path, b"{}"))


def test_what_was_staged_is_in_the_snap_only_where_nothing_tells_what_was_primed() -> None:
    parts = "parts: {a: {stage-packages: [libc6=1, gone=1]}}\n"
    for primed, names in (
        ("", ["libc6", "gone"]),
        ("primed-stage-packages: [libc6=1]\n", ["libc6"]),
        ("primed-stage-packages: []\n", []),
        ("parts: {a: {stage-packages: [gone=1], primed-stage-packages: []}}\n", []),
    ):
        text = primed if primed.startswith("parts") else parts + primed
        found = packages.parse(File("snap/a/1/snap/manifest.yaml", f"name: a\n{text}".encode()))
        assert [item.name for item in found.components] == names


@pytest.mark.parametrize(
    ("releases", "version"),
    [
        ('<release version="1" date="2024-01-01"/><release version="2" date="2024-02-01T10:00:00Z"/>', "2"),
        ('<release version="1" timestamp="1704067200"/><release version="2" timestamp="1709251200"/>', "2"),
        ('<release version="1"/><release version="2"/>', "1"),
        ('<release version="1"/><release version="2" date="2024-01-01"/>', "2"),
        ('<release version="1" timestamp="x"/><release version="2" timestamp="99999999999999"/>', "1"),
        ("", ""),
    ],
)
def test_the_newest_release_of_an_application(releases: str, version: str) -> None:
    text = f"<component><id>org.a.B</id><releases>{releases}</releases></component>"
    found = metainfo.parse(File(f"{FLATPAK}/export/share/metainfo/org.a.B.metainfo.xml", text.encode()))
    assert found.facts["version"] == version
