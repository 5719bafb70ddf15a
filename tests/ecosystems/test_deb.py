from __future__ import annotations

import contextlib
import io
import lzma
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.directory import Directory
from assay.ecosystems.deb import ECOSYSTEM, archive, assembly, chisel, control, copyright, database, ownership
from assay.engines.catalog import catalog
from assay.errors import AssayError, LimitExceeded, Malformed
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


CONTROL = "Package: a\nVersion: 1\nArchitecture: all\n"


def packed(name: str, text: str, compression: str) -> bytes:
    stream, data = io.BytesIO(), text.encode()
    with tarfile.open(fileobj=stream, mode="w:") as writer:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        writer.addfile(entry, io.BytesIO(data))
    if compression == ".xz":
        return lzma.compress(stream.getvalue())
    if compression == ".zst":
        import zstandard

        return zstandard.compress(stream.getvalue())
    return stream.getvalue()


def deb(compression: str, data: bytes | None = None, control: str = CONTROL) -> bytes:
    body = packed("./control", control, compression)
    content = packed("./usr/share/doc/a/copyright", COPYRIGHT, compression) if data is None else data
    parts = [("debian-binary", b"2.0\n"), (f"control.tar{compression}", body), (f"data.tar{compression}", content)]
    return b"!<arch>\n" + b"".join(member(name, part) for name, part in parts)


COPYRIGHT = """Format: https://www.debian.example/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: Expat
"""


def member(name: str, data: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return header + data + b"\n" * (len(data) & 1)


@pytest.mark.parametrize("compression", ["", ".xz", ".zst"])
def test_archives_of_every_compression(compression: str) -> None:
    found = archive.parse(File("a.deb", deb(compression)))
    assert str(found.components[0].purl) == "pkg:deb/debian/a@1?arch=all"
    assert [item.expression for item in found.components[0].licenses] == ["MIT"]
    assert not found.skipped


def test_archives_in_one_folder_know_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb("", control=CONTROL + "Depends: b (>= 1), c | d\n"))
    (tmp_path / "b.deb").write_bytes(deb("", control=CONTROL.replace("Package: a", "Package: b")))
    (tmp_path / "d.deb").write_bytes(deb("", control=CONTROL.replace("Package: a", "Package: x") + "Provides: d\n"))
    found = catalog(Directory(str(tmp_path)), [ECOSYSTEM])
    needed = found.dependencies["pkg:deb/debian/a@1?arch=all"]
    assert needed == ("pkg:deb/debian/b@1?arch=all", "pkg:deb/debian/x@1?arch=all")


def test_what_apt_keeps_is_not_unpacked_for_its_licence() -> None:
    found = archive.parse(File("var/cache/apt/archives/a.deb", deb("")))
    assert found.components[0].licenses == ()


@pytest.mark.parametrize(
    "data",
    [lzma.compress(b"header" * 20_000)[:60], b"\xfd7zXZ\0 and no more", b"no tar at all" * 100],
    ids=["cut off", "no xz", "no tar"],
)
def test_broken_data_costs_the_licence_and_is_told(data: bytes) -> None:
    found = archive.parse(File("a.deb", deb(".xz", data)))
    assert [str(item.purl) for item in found.components] == ["pkg:deb/debian/a@1?arch=all"]
    assert [item.reason.partition(":")[0] for item in found.skipped] == ["data.tar.xz"]


def test_an_archive_of_nothing_but_members_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="more than 1000 members"):
        archive.parse(File("a.deb", b"!<arch>\n" + member("x", b"") * 200_000))


def test_data_that_unpacks_to_too_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that is no fault: the package is known, only not its licence."""
    monkeypatch.setattr(archive, "_MAX_DATA", 1000)
    found = archive.parse(File("a.deb", deb(".xz", packed("./large", "x" * 5000, ".xz"))))
    assert (found.components[0].licenses, found.skipped) == ((), ())


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
