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
