"""The files in apk's packages of version 3: of those that apk-tools made, and in forms that it did not make here."""

from __future__ import annotations

import contextlib
import io
import struct
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters import spool
from assay.adapters.archive import FileSource
from assay.ecosystems.apk import payload
from assay.engines.catalog import catalog
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import compression
from simulators import adb as writer
from simulators.adb import Value
from simulators.ecosystem import LISTS

NATIVE = Path(__file__).parents[2] / "src/assay/ecosystems/apk/fixtures/version-3/input"
RIGHTS: Value = {1: 0o755, 2: "root", 3: "root"}
FOLDERS: Value = [
    {1: "", 3: [{1: "top", 2: RIGHTS, 3: 3}]},
    {
        1: "usr/bin",
        3: [
            {1: "again", 2: RIGHTS, 6: b"\x00\x80usr/bin/tool"},
            {1: "link", 2: RIGHTS, 6: b"\x00\xa0tool"},
            {1: "none", 2: RIGHTS},
            {1: "null", 2: RIGHTS, 6: b"\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00"},
            {1: "tool", 2: RIGHTS, 3: 6},
        ],
    },
]


def made(packed: str = "none", *, extended: bool = False, size: int = 6) -> bytes:
    blocks = writer.block(writer.ADB, writer.Writer().block({1: {1: "a", 2: "1"}, 2: FOLDERS}), extended=extended)
    blocks += writer.block(writer.SIG, bytes(81))
    for place, data in (((1, 1), b"top"), ((2, 5), b"hello\n"[:size])):
        blocks += writer.block(writer.DATA, struct.pack("<II", *place) + data, extended=extended)
    return writer.packed(b"ADB.pckg" + blocks, packed)


def unpacked(data: bytes) -> bytes:
    stream, parts, buffer = payload.Payload(io.BytesIO(data)), [], memoryview(bytearray(999))
    while count := stream.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


def files(data: bytes) -> dict[str, tuple[bytes, str]]:
    with tarfile.open(fileobj=io.BytesIO(unpacked(data))) as archive:
        shown = {}
        for item in archive:
            content = archive.extractfile(item) if item.isreg() else None
            shown[item.name] = (content.read() if content else b"", item.linkname)
        return shown


def test_packages_that_apk_made() -> None:
    found = [item for path in sorted(NATIVE.glob("*.apk")) for item in files(path.read_bytes()).items()]
    assert found == [
        ("etc/greet.conf", (b"conf\n", "")),
        ("usr/bin/greet", (b"#!/bin/sh\n", "")),
        ("etc/greet/base.conf", (b"base\n", "")),
        ("usr/share/greet/link", (b"", "voice")),
        ("usr/share/greet/voice", (b"voice\n", "")),
        ("usr/lib/libgreet.so.1", (b"lib\n", "")),
    ]


@pytest.mark.parametrize("packed", ["none", "deflate", "deflate:9", "zstd:3"])
@pytest.mark.parametrize("extended", [False, True])
def test_links_and_files_without_content_in_every_form(packed: str, extended: bool) -> None:
    assert files(made(packed, extended=extended)) == {
        "usr/bin/link": (b"", "tool"),
        "usr/bin/none": (b"", ""),
        "top": (b"top", ""),
        "usr/bin/tool": (b"hello\n", ""),
        "usr/bin/again": (b"", "usr/bin/tool"),
    }


def test_what_is_in_a_package_is_walked() -> None:
    folders: Value = [{1: "opt", 3: [{1: "a.list", 2: RIGHTS, 3: 3}]}]
    data = b"ADB.pckg" + writer.block(writer.ADB, writer.Writer().block({1: {1: "a", 2: "1"}, 2: folders}))
    data += writer.block(writer.DATA, struct.pack("<II", 1, 1) + b"b 1")
    found = catalog(FileSource(spool.spooled([data], "a.apk"), "a.apk"), [LISTS])
    assert [[place.path for place in item.occurrences] for item in found.components] == [["opt/a.list"]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ADB.indx" + bytes(20),
        b"ADBx",
        b"ADBc\x09\x00",
        b"ADBdnot deflate",
        made()[:-3],
        made()[:40],
        made(size=5),
        made("deflate")[:-9],
    ],
)
def test_what_is_damaged_is_told(data: bytes) -> None:
    with pytest.raises(Malformed):
        unpacked(data)


def test_a_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    folders: Value = [{1: "", 3: [{1: "zeros", 2: RIGHTS, 3: 32 << 20}]}]
    data = b"ADB.pckg" + writer.block(writer.ADB, writer.Writer().block({1: {1: "a", 2: "1"}, 2: folders}))
    data += writer.block(writer.DATA, struct.pack("<II", 1, 1) + bytes(32 << 20))
    with pytest.raises(LimitExceeded, match="bomb"):
        unpacked(writer.packed(data, "deflate"))


@given(st.sampled_from(["none", "deflate"]), st.integers(min_value=0), st.binary(min_size=1, max_size=12))
def test_damaged_packages_raise_nothing_foreign(packed: str, position: int, noise: bytes) -> None:
    data = bytearray(made(packed))
    at = position % len(data)
    data[at : at + len(noise)] = noise
    with contextlib.suppress(AssayError):
        unpacked(bytes(data))


@pytest.mark.parametrize("step", [100, 301, 999])
def test_content_is_whole_whatever_is_asked_for_at_once(step: int) -> None:
    """Where a buffer is full, all input may be read, and one repetition not yet written out."""
    for size in range(6000, 6300, 7):
        folders: Value = [{1: "", 3: [{1: "zeros", 2: RIGHTS, 3: size}]}]
        data = b"ADB.pckg" + writer.block(writer.ADB, writer.Writer().block({1: {1: "a", 2: "1"}, 2: folders}))
        data += writer.block(writer.DATA, struct.pack("<II", 1, 1) + bytes(size))
        stream, buffer, read = payload.Payload(io.BytesIO(writer.packed(data, "deflate"))), bytearray(step), 0
        while count := stream.readinto(memoryview(buffer)):
            read += count
        assert read == 512 + size + -size % 512 + 1024


def test_paths_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is named once, and each of its files repeats that."""
    monkeypatch.setattr(payload, "_MAX_PATHS", 100)
    assert files(made())
    many: list[Value] = [{1: "f", 2: RIGHTS} for _ in range(20)]
    folders: Value = [{1: "folder", 3: many}]
    data = b"ADB.pckg" + writer.block(writer.ADB, writer.Writer().block({1: {1: "a", 2: "1"}, 2: folders}))
    with pytest.raises(LimitExceeded, match="paths"):
        unpacked(data)
