"""Packages that lie side by side in a folder know each other, as the installed ones of a database do."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import alpm, rpm
from assay.engines.catalog import catalog

SPEC = """Name: app
Version: 1
Release: 1
Summary: an application
License: MIT
Requires: voice = 2, /usr/bin/app-shell, (nowhere or app-data)
%description
Needs three others.
%package tools
Summary: tools
%description tools
A program.
%package data
Summary: data
%description data
Data.
%package sound
Summary: sound
Provides: voice = 2
%description sound
Sound.
%install
mkdir -p %{buildroot}/usr/bin
echo a > %{buildroot}/usr/bin/app-shell
%files
%files tools
/usr/bin/app-shell
%files data
%files sound
"""


def test_rpm_files_know_each_other(tmp_path: Path) -> None:
    if shutil.which("rpmbuild") is None:
        pytest.skip("needs rpmbuild (make system)")
    (tmp_path / "app.spec").write_text(SPEC)
    command = ["rpmbuild", "-bb", "--target", "noarch", "--define", f"_topdir {tmp_path}", str(tmp_path / "app.spec")]
    subprocess.run(command, capture_output=True, check=True)
    found = catalog(Directory(str(tmp_path / "RPMS")), [rpm.ECOSYSTEM])
    names = {item.id: item.name for item in found.components}
    needed = {
        names[one]: sorted(names[other] for other in others)
        for one, others in found.dependencies.items()
        if one in names
    }
    assert needed == {"app": ["app-data", "app-sound", "app-tools"], "app-data": [], "app-sound": [], "app-tools": []}


def test_pacmans_files_know_each_other(tmp_path: Path) -> None:
    for name, more in (("a", "depend = b>=1\ndepend = sh\n"), ("b", ""), ("bash", "provides = sh\n")):
        told = f"pkgname = {name}\npkgver = 1-1\narch = any\n{more}".encode()
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            entry = tarfile.TarInfo(".PKGINFO")
            entry.size = len(told)
            archive.addfile(entry, io.BytesIO(told))
        (tmp_path / f"{name}-1-1-any.pkg.tar.gz").write_bytes(stream.getvalue())
    found = catalog(Directory(str(tmp_path)), [alpm.ECOSYSTEM])
    prefix = "pkg:alpm/arch/{}@1-1?arch=any"
    assert found.dependencies[prefix.format("a")] == (prefix.format("b"), prefix.format("bash"))
