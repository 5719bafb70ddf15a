from __future__ import annotations

import contextlib
import io
import lzma
import tarfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.deb import archive, assembly, chisel, control, copyright, database, ownership
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Located
from assay.model.sbom import Distribution

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9

Package: libc6
Status: install ok installed
Architecture: i386
Multi-Arch: same
Source: glibc
Version: 2.36-9

Package: wine32
Status: install ok triggers-pending
Architecture: i386
Version: 8.0
Depends: libc6 (>= 2.2),
 missing | libc6:amd64

Package: rest
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


def status(text: str, path: str = "var/lib/dpkg/status") -> File:
    return File(path, text.encode())


def test_only_packages_whose_files_are_there() -> None:
    assert [item.name for item in database.parse_status(status(STATUS)).components] == ["libc6", "libc6", "wine32"]


def test_a_dependency_prefers_the_own_architecture() -> None:
    found = database.parse_status(status(STATUS))
    assert [need.names for need in found.needs] == [
        ("libc6:i386", "libc6"),
        ("missing:i386", "missing", "libc6:amd64", "libc6"),
    ]
    assert dict(found.provides)["libc6:i386"] == "deb:libc6:i386"


def test_the_distribution_completes_the_purl() -> None:
    found = database.parse_status(status(STATUS, "srv/root/var/lib/dpkg/status"))
    located = Located("srv/root/var/lib/dpkg/status", 0, found)
    done = assembly.assemble([located], Distribution("ubuntu", "24.04"))[0].found
    assert done.scope == done.root == "srv/root"
    assert str(done.components[0].purl) == ("pkg:deb/ubuntu/libc6@2.36-9?arch=amd64&distro=ubuntu-24.04&upstream=glibc")


def test_the_copyright_of_the_same_source_serves() -> None:
    packages = database.parse_status(status(STATUS.replace("Package: wine32", "Package: libc-bin\nSource: glibc")))
    text = b"Format: https://www.debian.example/doc/packaging-manuals/copyright-format/1.0/\n\nLicense: LGPL-2.1+\n"
    licence = copyright.parse(File("usr/share/doc/libc6/copyright", text))
    files = [Located("var/lib/dpkg/status", 0, packages), Located("usr/share/doc/libc6/copyright", 0, licence)]
    done = assembly.assemble(files, None)[0].found.components
    assert {item.licenses[0].expression for item in done} == {"LGPL-2.1-or-later"}


def test_prose_copyright_gives_the_common_licences() -> None:
    text = "On Debian systems see /usr/share/common-licenses/GPL-2. Or /usr/share/common-licenses/Apache-2.0"
    assert copyright.mentioned_names(text) == ["Apache-2.0", "GPL-2"]
    assert copyright.mentioned_names(text + " or any\n later version") == ["Apache-2.0", "GPL-2+"]


@pytest.mark.parametrize(
    ("words", "is_later"),
    [
        ("any later version", True),
        ("ANY LATER\n   VERSION", True),
        ("or (at your option) any later", True),
        ("or\n(at  your option)\tany later", True),
        ("any later", False),
        ("at your option any later", False),
        ("nor (at your option)any later", False),
        ("any latest version", False),
    ],
)
def test_the_words_for_later_versions(words: str, is_later: bool) -> None:
    text = f"It is free software: /usr/share/common-licenses/GPL-2 {words}. See the file."
    assert copyright.mentioned_names(text) == ["GPL-2+" if is_later else "GPL-2"]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"License: MIT\n", ["MIT"]),
        (b"\xef\xbb\xbfLicense: MIT", ["MIT"]),
        (b"a\nLICENSE:MIT\r\nlicense:\t GPL-2+  and   BSD\nLicense: MIT\n", ["GPL-2+ and BSD", "MIT"]),
        (b"License:\nLicense: \t \nLicense:\r\nLicense-Text: x\n License: y\n", []),
        ("\nLicense: \u00a0x\nLicense: caf\u00e9\n".encode(), ["caf\u00e9"]),
        (b"\nLicense: a\xff\n", ["a\ufffd"]),
    ],
)
def test_the_names_that_a_machine_readable_file_states(data: bytes, names: list[str]) -> None:
    assert copyright.stated_names(data) == names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("head", ["Format: https://deb.example/copyright-format/1.0/\n", "# x\nformat: DEP5 draft\n"])
def test_machine_readable_copyright_in_any_encoding(encoding: str, head: str) -> None:
    data = f"{head}\nFiles: *\nLicense: MIT\n".encode(encoding)
    found = copyright.parse(File("usr/share/doc/a/copyright", data))
    assert found.facts == {"package": "a", "stated": ["MIT"], "mentioned": []}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"/.\n/usr\n/usr/bin/a b\n", b".\nusr\nusr/bin/a b\n"),
        (b"/.\r\n/usr\r\n", b".\nusr\n"),
        (b"usr\n//x/\n", b"usr\n/x/\n"),
        (b"", b""),
    ],
)
def test_the_paths_of_a_list(data: bytes, paths: bytes) -> None:
    (owned,) = ownership.parse(File("var/lib/dpkg/info/a.list", data)).owns
    assert owned == ("a", paths)


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("var/lib/dpkg/info/a.list", ""),
        ("a/b/var/lib/dpkg/info/a.list", "a/b"),
        ("usr/lib/opkg/info/a.list", ""),
        ("x/usr/lib/opkg/info/a.list", "x"),
        ("lib/opkg/status", ""),
    ],
)
def test_the_root_of_a_database(path: str, root: str) -> None:
    assert ownership.root_of(path) == root


def test_file_lists_become_relative() -> None:
    owned = ownership.parse(File("var/lib/dpkg/info/a:amd64.list", b"/.\n/usr\n/usr/bin\n/usr/bin/a\n")).owns[0]
    assert (owned.owner, owned.paths) == ("a:amd64", b".\nusr\nusr/bin\nusr/bin/a\n")
    sums = b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\nd41d8cd98f00b204e9800998ecf8427e  ./usr/bin/b\n"
    assert (
        ownership.parse_sums(File("var/lib/dpkg/status.d/a.md5sums", sums)).owns[0].paths == b"usr/bin/a\nusr/bin/b\n"
    )


def test_relations() -> None:
    assert control.relations("libc6 (>= 2.34), a|b:any , c:i386 [amd64],, ") == [
        (("libc6", ""),),
        (("a", ""), ("b", "")),
        (("c", "i386"),),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Package: a\nVersion: 1\n", "package a with the status '', which is none"),
        ("Package: a\nStatus: installed\nVersion: 1\n", "package a with the status 'installed', which is none"),
        ("Package: a\nStatus: install ok installed\n", "package a without a version"),
        ("Status: install ok installed\nVersion: 1\n\nPackage: b\nStatus: a b c", "a paragraph without a package name"),
        ("Package: a\nStatus: a b c\nwhat is this\n", "a line that is no field: 'what is this'"),
    ],
)
def test_what_is_broken_is_reported(text: str, reason: str) -> None:
    found = database.parse_status(status(text))
    assert found.components == ()
    assert [item.reason for item in found.skipped] == [reason]


def test_no_package_at_all_is_malformed() -> None:
    with pytest.raises(Malformed):
        database.parse_status(status("this is no status file"))
    assert database.parse_status(status("")).components == ()


def deb(compression: str) -> bytes:
    text = b"Package: a\nVersion: 1\nArchitecture: all\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:") as writer:
        entry = tarfile.TarInfo("./control")
        entry.size = len(text)
        writer.addfile(entry, io.BytesIO(text))
    body = packed.getvalue()
    if compression == ".xz":
        body = lzma.compress(body)
    if compression == ".zst":
        import zstandard

        body = zstandard.compress(body)
    parts = [("debian-binary", b"2.0\n"), (f"control.tar{compression}", body), ("data.tar", b"never read")]
    return b"!<arch>\n" + b"".join(member(name, data) for name, data in parts)


def member(name: str, data: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return header + data + b"\n" * (len(data) & 1)


@pytest.mark.parametrize("compression", ["", ".xz", ".zst"])
def test_archives_of_every_compression(compression: str) -> None:
    found = archive.parse(File("a.deb", deb(compression)))
    assert str(found.components[0].purl) == "pkg:deb/debian/a@1?arch=all"


def test_a_chisel_manifest() -> None:
    import zstandard

    lines = (
        b'{"jsonwall":"1.0","schema":"1.0","count":3}\n'
        b'{"kind":"package","name":"base-files","version":"13ubuntu10","sha256":"'
        + b"a" * 64
        + b'","arch":"amd64"}\n{"kind":"path","path":"/etc/os-release","slices":["base-files_release-info"]}\n'
    )
    found = chisel.parse(File("var/lib/chisel/manifest.wall", zstandard.compress(lines)))
    assert found.components[0].digests[0].value == "a" * 64
    assert (found.owns[0].owner, found.owns[0].paths) == ("base-files", b"etc/os-release")
    assert found.root == ""


@given(st.text(max_size=400))
def test_arbitrary_text_never_crashes(text: str) -> None:
    for part in (text, "Package: a\nVersion: " + text, "Package: a\nVersion: 1\nDepends: " + text, "Package: " + text):
        with contextlib.suppress(AssayError):
            database.parse_single(status(part))
    copyright.parse(replace(status(text), path="usr/share/doc/a/copyright"))


@given(st.integers(min_value=0, max_value=500), st.binary(min_size=1, max_size=8))
def test_mutated_archives_never_crash(position: int, noise: bytes) -> None:
    data = bytearray(deb(".xz"))
    position %= len(data)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        archive.parse(File("a.deb", bytes(data)))
