from __future__ import annotations

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.apk import archive, installed, package
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Located
from assay.model.sbom import Distribution

DATABASE = b"""\
C:Q1zwvKMnYs1b6ZdPTBJ0Z7D5P3jyA=
P:base
V:1.0-r0
A:x86_64
o:base-src
D:so:libz.so.1>=1.2 !old cmd:tool /bin/sh base missing~2
F:
R:top
F:etc
F:etc/base
R:conf
a:0:0:600

C:Q2short
P:libz
V:1.3-r1
p:so:libz.so.1=1.3 /bin/sh

P:nameless
"""


def test_edges_go_by_capability_and_conflicts_are_none() -> None:
    found = installed.parse(File("lib/apk/db/installed", DATABASE))
    assert found.edges == (("apk:base", "apk:libz"),)
    assert [str(digest) for digest in found.components[0].digests] == ["sha1:cf0bca32762cd5be9974f4c127467b0f93f78f20"]
    assert found.components[1].digests == ()
    assert [item.reason for item in found.skipped] == ["a paragraph without name and version: b'P:nameless\\n'"]


def test_files_are_relative_to_the_root_of_the_system() -> None:
    found = installed.parse(File("srv/x/usr/lib/apk/db/installed", DATABASE))
    assert (found.root, found.scope) == ("srv/x", "srv/x")
    assert found.owns[0].paths == b"top\netc/base/conf"


def test_the_distribution_completes_the_purl() -> None:
    found = installed.parse(File("lib/apk/db/installed", DATABASE))
    done = package.assemble([Located("lib/apk/db/installed", 0, found)], Distribution("wolfi", "20230201"))
    assert str(done[0].found.components[0].purl) == (
        "pkg:apk/wolfi/base@1.0-r0?arch=x86_64&distro=wolfi-20230201&upstream=base-src"
    )


def test_no_package_at_all_is_malformed() -> None:
    with pytest.raises(Malformed):
        installed.parse(File("lib/apk/db/installed", b"hello"))
    assert installed.parse(File("lib/apk/db/installed", b"\n")).components == ()


def stream(name: str, data: bytes, *, end: bool) -> bytes:
    """One of the gzip streams of a package; only the last has the end mark of tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:") as writer:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        writer.addfile(entry, io.BytesIO(data))
        size = writer.offset
    return gzip.compress(packed.getvalue() if end else packed.getvalue()[:size], mtime=0)


PKGINFO = b"# made by abuild\npkgname = tool\npkgver = 1-r0\narch = noarch\ndepend = a\ndepend = b\nlicense = MIT\n"
ARCHIVE = (
    stream(".SIGN.RSA.sample.rsa.pub", b"x" * 512, end=False)
    + stream(".PKGINFO", PKGINFO, end=False)
    + stream("usr/bin/tool", b"y", end=True)
)


def test_an_archive_is_several_streams() -> None:
    found = archive.parse(File("tool.apk", ARCHIVE))
    assert str(found.components[0].purl) == "pkg:apk/alpine/tool@1-r0?arch=noarch"
    assert archive.pkginfo(PKGINFO.decode())["depend"] == "a b"


def test_archives_of_others() -> None:
    assert archive.parse(File("android.apk", b"PK\x03\x04...")).components == ()
    with pytest.raises(Malformed, match="no gzip stream"):
        archive.parse(File("new.apk", b"no archive"))


@given(st.binary(max_size=200))
def test_arbitrary_databases_never_crash(data: bytes) -> None:
    for part in (data, b"P:a\nV:1\n" + data, b"P:a\nV:1\nD:" + data, b"P:" + data + b"\nV:1"):
        with contextlib.suppress(AssayError):
            installed.parse(File("lib/apk/db/installed", part))


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=8))
def test_mutated_archives_never_crash(position: int, noise: bytes) -> None:
    data = bytearray(ARCHIVE)
    position %= len(data)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        archive.parse(File("a.apk", bytes(data)))
