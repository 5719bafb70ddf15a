"""GraalVM native images: the embedded SBOM, found by the symbols that show where it is."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import native_image
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.ecosystems.graalvm import sbom
from assay.engines.catalog import catalog
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.model.ecosystem import File

PROOF = ("graalvm", "synthetic")
GRAALVM = [ecosystem for ecosystem in discover() if ecosystem.name == "graalvm"]
DOCUMENT = {
    "metadata": {"component": {"bom-ref": "app", "type": "application", "name": "app", "version": "1"}},
    "components": [
        {
            "bom-ref": "x",
            "group": "org.sample",
            "name": "x",
            "version": "2",
            "type": "library",
            "licenses": [{"license": {"id": "MIT"}}],
        },
        {
            "group": "com.oracle",
            "name": "Oracle GraalVM",
            "version": "25",
            "cpe": "cpe:2.3:a:oracle:graalvm:25:*:*:*:*:*:*:*",
        },
        3,
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["x", "y"]}, "z"],
}
DATA = gzip.compress(json.dumps(DOCUMENT).encode())
MADE: dict[str, Callable[[bytes, int], bytes]] = {
    "elf": native_image.elf,
    "static": lambda data, length: native_image.elf(data, length, "sym"),
    "macho": native_image.macho,
    "pe": native_image.pe,
}


@pytest.mark.parametrize("form", MADE)
def test_native_image(form: str, tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(MADE[form](DATA, len(DATA)))
    (tmp_path / "tool").chmod(0o755)
    found = catalog(Directory(str(tmp_path)), GRAALVM)
    assert [item.id for item in found.components] == [
        "pkg:generic/app@1",
        "pkg:generic/com.oracle/Oracle%20GraalVM@25",
        "pkg:maven/org.sample/x@2",
    ]
    assert found.dependencies["pkg:generic/app@1"] == ("pkg:maven/org.sample/x@2",)
    assert [item.expression for item in found.components[2].licenses] == ["MIT"]
    assert found.skipped == ()


@pytest.mark.parametrize("form", MADE)
def test_what_the_symbols_show_must_be_there(form: str) -> None:
    make = MADE[form]
    for length in (len(DATA) + (1 << 20), 1 << 63, (1 << 64) - 1):
        with pytest.raises(Malformed):
            sbom.parse(File("tool", make(DATA, length)))
    with pytest.raises(Malformed):
        sbom.parse(File("tool", make(b"none", 4)))
    bomb = gzip.compress(bytes(65 << 20), 1)
    with pytest.raises(LimitExceeded):
        sbom.parse(File("tool", make(bomb, len(bomb))))


def test_an_image_without_an_sbom_says_nothing(tmp_path: Path) -> None:
    data = native_image.elf(DATA, len(DATA)).replace(b"sbom_length", b"other_thing")
    assert sbom.parse(File("tool", data)).components == ()
    (tmp_path / "tool").write_bytes(native_image.elf(DATA, len(DATA), heap=b".no__heap"))
    assert catalog(Directory(str(tmp_path)), GRAALVM).components == ()


SOURCE = """
#include <stdint.h>
char sbom[] = {%s};
uint64_t sbom_length = sizeof sbom;
__attribute__((section(".svm_heap"))) char heap[64] = {1};
int main() { return heap[0] - 1; }
"""


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not there")
@pytest.mark.parametrize("flags", [["-rdynamic"], ["-rdynamic", "-s"], ["-shared", "-fPIC"]])
def test_what_a_linker_makes(flags: list[str], tmp_path: Path) -> None:
    (tmp_path / "tool.c").write_text(SOURCE % ",".join(str(byte if byte < 128 else byte - 256) for byte in DATA))
    subprocess.run(["gcc", *flags, "-o", tmp_path / "tool", tmp_path / "tool.c"], check=True)
    found = sbom.parse(File("tool", (tmp_path / "tool").read_bytes()))
    assert [item.name for item in found.components] == ["app", "Oracle GraalVM", "x"]


@given(st.sampled_from(sorted(MADE)), st.integers(min_value=0), st.binary(min_size=1, max_size=12))
def test_damaged_images_raise_nothing_foreign(form: str, position: int, noise: bytes) -> None:
    data = bytearray(MADE[form](DATA, len(DATA)))
    at = position % len(data)
    data[at : at + len(noise)] = noise
    with contextlib.suppress(AssayError):
        sbom.parse(File("tool", bytes(data)))
