from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.alpm import archive, local, package
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Located
from assay.model.sbom import Distribution

DESC = b"%NAME%\na\n\n%VERSION%\n1-1\n\n%LICENSE%\nMIT\nGPL2\n\n%DEPENDS%\nb>=2\nlibc.so=6-64\n\n%PROVIDES%\nx=1"


def test_sections_are_read_to_the_end() -> None:
    found = local.parse_desc(File("srv/x/var/lib/pacman/local/a-1-1/desc", DESC))
    assert [need.names for need in found.needs] == [("b",), ("libc.so",)]
    assert found.provides == (("x", "alpm:a"),)
    assert found.root == "srv/x"


def test_files_belong_to_the_package_of_the_folder() -> None:
    data = b"%FILES%\nusr/\nusr/bin/a b\n\n%BACKUP%\netc/x\tabc\n"
    owned = local.parse_files(File("var/lib/pacman/local/gtk-a-1:1.0-1/files", data)).owns
    assert [(item.owner, item.paths) for item in owned] == [("gtk-a", b"usr/\nusr/bin/a b")]
    assert local.parse_files(File("var/lib/pacman/local/a-1-1/files", b"")).owns == ()


def test_the_distribution_completes_the_purl() -> None:
    found = local.parse_desc(File("var/lib/pacman/local/a-1-1/desc", DESC))
    done = package.assemble([Located("x", 0, found)], Distribution("manjaro"))
    assert str(done[0].found.components[0].purl) == "pkg:alpm/manjaro/a@1-1?distro=manjaro"


def test_a_package_without_a_version_is_malformed() -> None:
    with pytest.raises(Malformed):
        local.parse_desc(File("var/lib/pacman/local/a-1-1/desc", b"%NAME%\na\n"))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    for reader in (local.parse_desc, local.parse_files, archive.parse):
        with contextlib.suppress(AssayError):
            reader(File("var/lib/pacman/local/a-1-1/desc", DESC[:20] + data))
