from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.linux_kernel import image, module
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File

INPUT = Path(__file__).parents[2] / "src/assay/ecosystems/linux_kernel/fixtures/kernel/input"
KERNEL = (INPUT / "boot/vmlinuz-6.1.0-sample").read_bytes()
MODULE = (INPUT / "lib/modules/6.1.0-sample/extra/other.ko.xz").read_bytes()


def test_only_a_plain_release_gets_a_cpe() -> None:
    plain = KERNEL.replace(b"6.1.0-sample", b"6.1.76\0\0\0\0\0\0")
    assert image.parse(File("boot/vmlinuz", plain)).components[0].cpes == (
        "cpe:2.3:o:linux:linux_kernel:6.1.76:*:*:*:*:*:*:*",
    )
    assert image.parse(File("boot/vmlinuz", KERNEL)).components[0].cpes == ()


def test_an_image_without_a_version_is_malformed() -> None:
    with pytest.raises(Malformed):
        image.parse(File("boot/vmlinuz", KERNEL[:0x300]))


def test_a_module_without_a_version_has_that_of_its_kernel() -> None:
    assert module.modinfo(b"..a=1\0a=2\0b=\0c", 2, 13) == {"a": ["1", "2"], "b": [""]}


@given(st.integers(min_value=0, max_value=1023), st.binary(min_size=1, max_size=8))
def test_mutated_files_never_crash(position: int, noise: bytes) -> None:
    for reader, data in ((image.parse, bytearray(KERNEL)), (module.parse, bytearray(MODULE))):
        start = position % len(data)
        data[start : start + len(noise)] = noise
        with contextlib.suppress(AssayError):
            reader(File("a.ko.xz", bytes(data)))
