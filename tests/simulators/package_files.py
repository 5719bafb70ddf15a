"""Package files of many worlds around one tree; those of dpkg and rpm are made by their own tools."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from simulators.image import tar

CONTROL = "Package: sample\nVersion: 1.0\nArchitecture: amd64\nMaintainer: A <a@mail.example>\nDescription: sample\n"
SPEC = """\
Name: sample
Version: 1.0
Release: 1
Summary: sample
License: MIT
AutoReqProv: no
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
%define _binary_payload {payload}
%description
A sample.
%install
cp -a {tree}/. %{{buildroot}}/
%files
/*
"""


def needs(program: str) -> None:
    """Skip the test where a program is not there."""
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}")


def deb(tree: Path, out: Path, packed: str) -> Path:
    """A package of dpkg, the data compressed as ``gzip``, ``xz``, ``zstd`` or ``none``."""
    needs("dpkg-deb")
    root = out / "root"
    shutil.copytree(tree, root, symlinks=True)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(CONTROL)
    made = out / "sample_1.0_amd64.deb"
    subprocess.run(["dpkg-deb", f"-Z{packed}", "--build", str(root), str(made)], check=True, capture_output=True)
    return made


def rpm(tree: Path, out: Path, payload: str) -> Path:
    """A package of rpm with a payload such as ``w9.gzdio``."""
    needs("rpmbuild")
    (out / "sample.spec").write_text(SPEC.format(payload=payload, tree=tree))
    command = ["rpmbuild", "-bb", "--target", "x86_64", "--define", f"_topdir {out}", str(out / "sample.spec")]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = (out / "RPMS").rglob("*.rpm")
    return made


def tarred(tree: Path, prefix: str = "", first: Mapping[str, bytes] | None = None) -> bytes:
    """A tar of some files, then the tree."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in (first or {}).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for path in sorted(tree.rglob("*")):
            archive.add(path, prefix + path.relative_to(tree).as_posix(), recursive=False)
    return buffer.getvalue()


def apk(tree: Path, out: Path) -> Path:
    """A package of apk-tools, version 2: three gzip streams that are one tar, of which only the last has an end."""
    info = b"pkgname = sample\npkgver = 1.0-r0\narch = x86_64\n"
    parts = [tar({".SIGN.RSA.a.rsa.pub": b"signed"})[:1024], tar({".PKGINFO": info})[:1024], tarred(tree)]
    made = out / "sample-1.0-r0.apk"
    made.write_bytes(b"".join(map(gzip.compress, parts)))
    return made


def alpm(tree: Path, out: Path) -> Path:
    """A package of pacman."""
    info = b"pkgname = sample\npkgver = 1.0-1\narch = x86_64\n"
    made = out / "sample-1.0-1-x86_64.pkg.tar.zst"
    made.write_bytes(zstandard.compress(tarred(tree, first={".PKGINFO": info})))
    return made


def zipped(tree: Path, first: Mapping[str, bytes]) -> bytes:
    """A zip of some files, and the files of the tree."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in first.items():
            archive.writestr(name, data)
        for path in sorted(tree.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.write(path, path.relative_to(tree).as_posix())
    return buffer.getvalue()


def wheel(tree: Path, out: Path) -> Path:
    """A wheel whose RECORD lists everything."""
    files = [path.relative_to(tree).as_posix() for path in sorted(tree.rglob("*")) if path.is_file()]
    folder = "sample-1.0.dist-info"
    record = "".join(f"{name},,\n" for name in [*files, f"{folder}/METADATA", f"{folder}/RECORD"]).encode()
    first = {f"{folder}/METADATA": b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n", f"{folder}/RECORD": record}
    made = out / "sample-1.0-py3-none-any.whl"
    made.write_bytes(zipped(tree, first))
    return made


def nupkg(tree: Path, out: Path) -> Path:
    """A package of NuGet."""
    nuspec = b"""<?xml version="1.0"?><package xmlns="http://schemas.nuget.example/nuspec.xsd"><metadata><id>Sample</id>
    <version>1.0.0</version><authors>A</authors><license type="expression">MIT</license>
    <description>A sample.</description>
    <dependencies><group targetFramework="net6.0"><dependency id="Core" version="2.0" /></group></dependencies>
    </metadata></package>"""
    made = out / "sample.1.0.0.nupkg"
    made.write_bytes(zipped(tree, {"Sample.nuspec": nuspec, "[Content_Types].xml": b"<Types/>"}))
    return made


def conda(tree: Path, out: Path) -> Path:
    """A package of conda: two tars in a zip that stores them as they are."""
    files = "".join(f"{path.relative_to(tree).as_posix()}\n" for path in sorted(tree.rglob("*")) if not path.is_dir())
    index = {
        "name": "sample",
        "version": "1.0",
        "build": "h1_0",
        "build_number": 0,
        "subdir": "linux-64",
        "depends": [],
    }
    info = tar({"info/index.json": json.dumps(index).encode(), "info/files": files.encode()})
    made = out / "sample-1.0-h1_0.conda"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr("pkg-sample-1.0-h1_0.tar.zst", zstandard.compress(tarred(tree)))
        archive.writestr("info-sample-1.0-h1_0.tar.zst", zstandard.compress(info))
    return made


GEMSPEC = b"""--- !ruby/object:Gem::Specification
name: sample
version: !ruby/object:Gem::Version
  version: '1.10'
platform: ruby
authors:
- A. Author
date: 2024-01-02 00:00:00.000000000 Z
dependencies:
- !ruby/object:Gem::Dependency
  name: rexml
  requirement: &1 !ruby/object:Gem::Requirement
    requirements:
    - - ">="
      - !ruby/object:Gem::Version
        version: '0'
  type: :runtime
  prerelease: false
  version_requirements: *1
- !ruby/object:Gem::Dependency
  name: rake
  type: :development
homepage: https://gem.example/sample
licenses:
- MIT
metadata:
  source_code_uri: https://git.example/sample
summary: A sample.
"""


def gem(tree: Path, out: Path) -> Path:
    """A gem."""
    data = gzip.compress(tarred(tree))
    sums = gzip.compress(f"SHA256:\n  data.tar.gz: {hashlib.sha256(data).hexdigest()}\n".encode())
    made = out / "sample-1.10.gem"
    made.write_bytes(tar({"metadata.gz": gzip.compress(GEMSPEC), "data.tar.gz": data, "checksums.yaml.gz": sums}))
    return made


def crate(tree: Path, out: Path) -> Path:
    """A package of Cargo, under the folder that it always has."""
    manifest = b'[package]\nname = "sample"\nversion = "1.0.0"\n'
    made = out / "sample-1.0.0.crate"
    made.write_bytes(gzip.compress(tarred(tree, "sample-1.0.0/", {"sample-1.0.0/Cargo.toml": manifest})))
    return made


def npm(tree: Path, out: Path) -> Path:
    """A package of npm, under the folder that it always has."""
    made = out / "sample-1.0.0.tgz"
    manifest = b'{"name": "sample", "version": "1.0.0"}'
    made.write_bytes(gzip.compress(tarred(tree, "package/", {"package/package.json": manifest})))
    return made
