"""Package notes in ELF files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.elf_package import note
from assay.errors import AssayError, Malformed
from assay.formats import executable
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

PROOF = ("elf_package", "native")

_NOTE = {
    "type": "deb",
    "name": "sample",
    "version": "1.0-1",
    "architecture": "amd64",
    "os": "debian",
    "osVersion": "12",
}


def _packed(text: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "III", 4, len(text), 0xCAFE1A7E) + b"FDO\0" + text + bytes(-len(text) % 4)


def _file(section: str, data: bytes, little: bool = True) -> File:
    image = Executable(ExecutableFormat.ELF, little_endian=little, sections={section: (4, len(data))})
    return File("bin/tool", bytes(4) + data, 0o755, image)


def test_note_that_the_linker_kept(tmp_path: Path) -> None:
    """A program of ours with a note put in by objcopy, read back by readelf and by assay."""
    if not all(shutil.which(tool) for tool in ("gcc", "objcopy", "readelf")):
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail("gcc, objcopy and readelf are missing")
        pytest.skip("gcc, objcopy and readelf are missing")
    (tmp_path / "a.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "note").write_bytes(_packed(json.dumps(_NOTE).encode() + b"\0"))
    for command in (
        ["gcc", "-o", "plain", "a.c"],
        [
            "objcopy",
            "--add-section",
            ".note.package=note",
            "--set-section-flags",
            ".note.package=readonly",
            "plain",
            "tool",
        ],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    command = ["readelf", "--section-headers", "--wide", "tool"]
    assert ".note.package" in subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    data = (tmp_path / "tool").read_bytes()
    (found,) = note.parse(File("bin/tool", data, 0o755, executable.read(data))).components
    assert found.id == "pkg:deb/debian/sample@1.0-1?arch=amd64&distro=debian-12"


def test_note_of_another_order_and_type() -> None:
    text = json.dumps({"name": "x", "version": "1", "type": "special"}).encode()
    (found,) = note.parse(_file(".note.package", _packed(b"{}").replace(b"FDO", b"ABC") + _packed(text))).components
    assert found.id == "pkg:generic/x@1"
    (found,) = note.parse(_file(".note.package", _packed(text, ">"), little=False)).components
    assert found.id == "pkg:generic/x@1"
    with pytest.raises(Malformed):
        note.parse(_file(".note.package", b"none"))


@given(st.binary(max_size=120))
def test_arbitrary_bytes_raise_nothing_foreign(data: bytes) -> None:
    for content in (data, _packed(data)):
        with contextlib.suppress(AssayError):
            note.parse(_file(".note.package", content))
