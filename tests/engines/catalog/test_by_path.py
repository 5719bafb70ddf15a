"""Parsers to which the path says all: large files are not kept for them, and read on for others as ever."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.adapters.oci_layout import open_layout
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import Readers, read_file
from assay.errors import InputError
from assay.model.ecosystem import Content
from assay.model.sbom import Sbom, Skipped
from assay.ports import Entry, EntryKind
from engines.catalog.test_catalog import large_elf
from simulators.ecosystem import SECTIONS
from simulators.image import Members, layout

NIX = next(item for item in discover() if item.name == "nix")
FOLDER = "nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1"
OTHER = "nix/store/1c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-data-1.0"
LARGE: Members = {f"{FOLDER}/lib/libhello.a": bytes(9 << 20), f"{OTHER}/bin/data": large_elf(b".marker")}


def names(found: Sbom) -> list[str]:
    return sorted(f"{item.name}@{item.version}" for item in found.components)


def test_large_files_of_a_store_need_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_layout(str(layout(tmp_path / "image", [LARGE])))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    found = catalog(source, [NIX])
    assert (names(found), found.skipped) == (["data@1.0", "hello@2.12.1"], ())


def test_who_wants_their_content_still_gets_it(tmp_path: Path) -> None:
    found = catalog(open_layout(str(layout(tmp_path / "image", [LARGE]))), [NIX, SECTIONS])
    assert (names(found), found.skipped) == (["data@1", "data@1.0", "hello@2.12.1"], ())
    for path, content in LARGE.items():
        assert isinstance(content, bytes)
        (tmp_path / "root" / path).parent.mkdir(parents=True)
        (tmp_path / "root" / path).write_bytes(content)
    assert names(catalog(Directory(str(tmp_path / "root")), [NIX, SECTIONS])) == names(found)


def test_of_a_folder_only_executables_are_read_for_more_than_their_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{FOLDER}/lib/libhello.a": b"!<arch>\n" * 99, f"{OTHER}/bin/data": large_elf(b".marker")}
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    loaded: list[int] = []

    def load(descriptor: int, size: int) -> Content:
        loaded.append(size)
        return os.pread(descriptor, size, 0)

    monkeypatch.setattr("assay.adapters.content.load", load)
    found = catalog(Directory(str(tmp_path)), [NIX, SECTIONS])
    assert names(found) == ["data@1", "data@1.0", "hello@2.12.1"]
    assert loaded == [len(files[f"{OTHER}/bin/data"])]


def test_a_path_is_enough_where_the_content_cannot_be_read() -> None:
    def read() -> Content:
        raise InputError("the disk is broken")

    path = f"{FOLDER}/bin/hello"
    entry = Entry(path, EntryKind.FILE, Dispatch([NIX]).wants(path), size=1 << 40, read=read)
    for size, told in ((1 << 40, []), (100, [(path, "the disk is broken")])):
        skipped: list[Skipped] = []
        findings = read_file(replace(entry, size=size), Dispatch([NIX, SECTIONS]), Readers(), skipped, [])
        assert [finding.parser for finding in findings] == ["nix-store-path"]
        assert [(item.path, item.reason) for item in skipped] == told
