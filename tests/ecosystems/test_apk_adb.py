"""apk's packages of version 3: those that apk-tools made, and the forms that it did not make here by another writer."""

from __future__ import annotations

import contextlib
import json
import mmap
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.apk import adb, archive, installed
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.model.ecosystem import File
from simulators import adb as writer
from simulators.adb import Value

FIXTURE = Path(__file__).parents[2] / "src/assay/ecosystems/apk/fixtures/version-3"
NATIVE = sorted((FIXTURE / "input").glob("*.apk"))
UNIQUE = bytes(range(20))
INFO: dict[int, Value] = {
    0x01: "greet",
    0x02: "1.2-r3",
    0x03: UNIQUE,
    0x04: "A sample." * 40,
    0x05: "x86_64",
    0x06: "MIT AND GPL-2.0-or-later",
    0x07: "greeting",
    0x08: "Ada Example <ada@mail.example>",
    0x09: "https://greet.example",
    0x0A: bytes.fromhex("65502ca9379dd29d1ac4b0bf0dcf03a3dd1b324a"),
    0x0B: 1_700_000_000,
    0x0C: 300,
    0x0F: [{1: "greet-data", 2: "2", 3: 5}, {1: "old-greet", 3: 16}, {1: "so:libc.musl-x86_64.so.1"}],
    0x10: [{1: "cmd:greet", 2: "1.2-r3"}],
    0x12: [{1: "greeting-base", 2: "1.2"}, {1: "docs"}],
    0x15: ["sample"],
}
PATHS: Value = [{1: "usr/bin", 3: [{1: "greet", 2: {1: 0o755, 2: "root", 3: "root"}, 3: 6, 5: bytes(32)}]}]
ROOT: Value = {1: INFO, 2: PATHS, 3: {3: "#!/bin/sh\nexit 0\n"}}
FIELDS = {
    "pkgname": "greet",
    "pkgver": "1.2-r3",
    "unique_id": UNIQUE.hex(),
    "pkgdesc": "A sample." * 40,
    "arch": "x86_64",
    "license": "MIT AND GPL-2.0-or-later",
    "origin": "greeting",
    "maintainer": "Ada Example <ada@mail.example>",
    "url": "https://greet.example",
    "commit": "65502ca9379dd29d1ac4b0bf0dcf03a3dd1b324a",
    "builddate": "1700000000",
    "depend": "greet-data>=2 !old-greet so:libc.musl-x86_64.so.1",
    "provides": "cmd:greet=1.2-r3",
    "install_if": "greeting-base=1.2 docs",
}
DUMPED = {
    "name": "pkgname",
    "version": "pkgver",
    "hashes": "unique_id",
    "description": "pkgdesc",
    "repo-commit": "commit",
    "build-time": "builddate",
    "depends": "depend",
    "install-if": "install_if",
}
"""How ``apk adbdump`` calls the fields, where it is not as a .PKGINFO does."""
UNREAD = {"installed-size", "provider-priority", "replaces", "tags"}


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_a_package_says_what_apk_says_of_it(path: Path) -> None:
    """Every field that ``apk adbdump`` shows, but for those that no component has."""
    listed = json.loads((FIXTURE / "adbdump.json").read_text())[path.name]
    shown = {
        DUMPED.get(name, name): " ".join(value) if isinstance(value, list) else str(value).strip()
        for name, value in listed.items()
        if name not in UNREAD
    }
    assert adb.pkginfo(path.read_bytes()) == shown


@pytest.mark.parametrize("compression", ["none", "deflate", "deflate:9", "zstd:3", "zstd:19"])
@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_a_package_of_apk_says_the_same_when_it_is_packed_again(path: Path, compression: str) -> None:
    """Also by zstd, which Alpine's apk is built without."""
    data = path.read_bytes()
    start = {b"ADB.": 0, b"ADBd": 4, b"ADBc": 6}[data[:4]]
    plain = zlib.decompress(data[start:], -15) if start else data
    assert adb.pkginfo(writer.packed(plain, compression)) == adb.pkginfo(data)


@pytest.mark.parametrize("compression", ["none", "deflate", "zstd:3"])
def test_a_large_package_comes_as_a_memory_map(tmp_path: Path, compression: str) -> None:
    (tmp_path / "a.apk").write_bytes(writer.file(ROOT, compression=compression))
    with (tmp_path / "a.apk").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert [item.name for item in archive.parse(File("a.apk", content)).components] == ["greet"]


@pytest.mark.parametrize("compression", ["none", "deflate", "deflate:9", "zstd:3", "zstd:19"])
@pytest.mark.parametrize("extended", [False, True])
def test_a_package_says_the_same_however_it_is_stored(compression: str, extended: bool) -> None:
    assert adb.pkginfo(writer.file(ROOT, compression=compression, extended=extended)) == FIELDS


def test_an_archive_that_is_not_compressed_by_its_own_word() -> None:
    assert adb.pkginfo(b"ADBc\0\1" + writer.file(ROOT, compression="none")) == FIELDS


@pytest.mark.parametrize(
    ("relation", "text"),
    [
        (None, "a=1"),
        (1, "a=1"),
        (2, "a<1"),
        (3, "a<=1"),
        (4, "a>1"),
        (5, "a>=1"),
        (6, "a><1"),
        (7, "a"),
        (9, "a~1"),
        (11, "a<~1"),
        (13, "a>~1"),
        (16 | 2, "!a<1"),
        (16 | 1, "!a=1"),
    ],
)
def test_relations_are_written_as_apk_writes_them(relation: int | None, text: str) -> None:
    fields = adb.pkginfo(writer.file({1: {1: "x", 2: "1", 0x0F: [{1: "a", 2: "1", 3: relation}]}}))
    assert fields["depend"] == text


def test_numbers_of_every_length() -> None:
    for number in (0, 1, (1 << 28) - 1, 1 << 28, 1 << 40):
        fields = adb.pkginfo(writer.file({1: {1: "x", 2: "1", 0x0B: number}}))
        assert fields.get("builddate") == (str(number) if number else None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((FIXTURE / "input/Packages.adb").read_bytes(), "schema 'indx'"),
        (b"ADBx....", "unknown way"),
        (b"ADBc\x07\x00....", "unknown algorithm"),
        (b"ADBc\x02\x00....", "no zstd stream"),
        (b"ADBd\xff\xff\xff", "deflate stream is corrupt"),
        (b"ADB.pckg" + writer.block(writer.DATA, bytes(64)), "no ADB block"),
        (b"ADB.pckg" + writer.block(writer.ADB, b"\x01" + bytes(64)), "needs a reader of version 1"),
        (b"ADB.pckg" + writer.block(writer.ADB, bytes(64))[:40], "cut off"),
        (writer.file(ROOT)[:200], "cut off"),
        (writer.file(ROOT, compression="zstd:3")[:100], "cut off"),
        (writer.file({1: {2: "1"}}), "without name and version"),
        (writer.file({}), "without name and version"),
        (writer.file({1: {1: 7, 2: "1"}}), "type 1 in place of another"),
        (writer.file({1: {1: "x", 2: ["1"]}}), "type d in place of another"),
        (writer.file({1: "x"}), "type 8 in place of another"),
        (b"ADB.pckg" + writer.block(writer.ADB, bytes(4) + b"\xf0\xff\xff\xef" + bytes(16)), "outside of its block"),
    ],
)
def test_what_is_no_package_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        archive.parse(File("a.apk", data))


def test_a_block_or_a_list_without_end_is_refused_at_little_cost() -> None:
    """A block of a gigabyte that a few bytes are said to hold; a list of many times the same."""
    huge = b"ADB.pckg" + (0x3FFFFFFF).to_bytes(4, "little") + bytes(1 << 16)
    many = writer.file({1: {1: "x", 2: "1", 0x0F: [{1: "a" * 200}] * 25_000}})
    tracemalloc.start()
    try:
        for data in (huge, writer.packed(huge, "deflate"), writer.packed(huge, "zstd:3"), many):
            with pytest.raises(LimitExceeded):
                archive.parse(File("a.apk", data))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_the_checksum_of_an_installed_package_of_version_3_is_no_sha1() -> None:
    """apk writes ``Q1`` before any 20 bytes; the flag S tells those that a SHA-256 begins with."""
    text = b"C:Q1AAECAwQFBgcICQoLDA0ODxAREhM=\nP:%s\nV:1-r0\n%s\n"
    found = installed.parse(File("lib/apk/db/installed", text % (b"new", b"f:S\n") + text % (b"old", b"f:fx\n")))
    new, old = found.components
    assert (new.digests, [(item.name, item.value) for item in new.properties]) == (
        (),
        [("assay:apk:unique-id", UNIQUE.hex())],
    )
    assert ([str(item) for item in old.digests], old.properties) == ([f"sha1:{UNIQUE.hex()}"], ())


COMPRESSIONS = st.sampled_from(["none", "deflate", "zstd:1"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


@given(
    st.dictionaries(st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9]), TEXTS), st.sampled_from(["none", "deflate", "zstd:1"])
)
def test_texts_come_back(fields: dict[int, str], compression: str) -> None:
    info = dict[int, Value](fields)
    names = ("", "pkgname", "pkgver", "", "pkgdesc", "arch", "license", "origin", "maintainer", "url")
    found = adb.pkginfo(writer.file({1: info}, compression=compression))
    assert found == {names[slot]: text.strip() for slot, text in fields.items() if text.strip()}


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=8), COMPRESSIONS)
def test_mutated_packages_never_crash(position: int, noise: bytes, compression: str) -> None:
    data = bytearray(writer.file(ROOT, compression="none"))
    position %= len(data)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        archive.parse(File("a.apk", writer.packed(bytes(data), compression)))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    for head in (b"ADB", b"ADBd", b"ADBc\1\0", b"ADBc\2\0", b"ADB.pckg"):
        with contextlib.suppress(AssayError):
            archive.parse(File("a.apk", head + data))
