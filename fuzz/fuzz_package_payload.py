"""Package files as sources; the first byte picks the world. cpio and the blocks of apk are read by themselves, too."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import zipfile

from assay.adapters import spool
from assay.adapters.archive import ArchiveWalk
from assay.ecosystems.apk import payload
from assay.errors import AssayError, InputError
from assay.formats import as_tar, cpio
from assay.model.ecosystem import Parser

_WANTED = (Parser("any", ""),)
_ENDINGS = (".deb", ".rpm", ".apk", ".gem", ".conda")
_MAX_TAR = 4 << 20


def _tar(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()[:2048]


def _entry(name: bytes, mode: int, data: bytes = b"", links: int = 1) -> bytes:
    numbers = (7, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def _conda() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("pkg-a.tar.zst", _tar("a.txt", b"a"))
    return buffer.getvalue()


def _member(name: str, data: bytes) -> bytes:
    return f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) & 1)


_CPIO = _entry(b"./a.txt", 0o100644, links=2) + _entry(b"./b.txt", 0o100644, b"text", 2)
_CPIO += _entry(b"./l", 0o120777, b"b.txt") + _entry(b"TRAILER!!!", 0)
_HEADER = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">IIIIIII", 1, 4, 1000, 6, 0, 1, 0)
_APK = b"ADB.pckg" + struct.pack("<I", 12) + struct.pack("<II", 0, 0) + bytes(4)
SEEDS: list[bytes] = [
    b"\x00!<arch>\n" + _member("debian-binary", b"2.0\n") + _member("data.tar", _tar("a.txt", b"a")),
    b"\x01\xed\xab\xee\xdb" + bytes(92) + _HEADER + bytes(4) + _HEADER + _CPIO,
    b"\x02" + _APK + struct.pack("<III", 2 << 30 | 16, 1, 1) + b"text",
    b"\x02" + gzip.compress(_tar(".PKGINFO", b"")[:1024]) + gzip.compress(_tar("a.txt", b"a")),
    b"\x03" + _tar("data.tar.gz", gzip.compress(_tar("a.txt", b"a"))),
    b"\x04" + _conda(),
    b"\x05" + _CPIO,
    b"\x06" + _APK,
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 7, data[1:]
    if kind >= len(_ENDINGS):
        with contextlib.suppress(AssayError):
            raw = io.BytesIO(rest)
            _read(cpio.AsTar(raw) if kind == len(_ENDINGS) else payload.Payload(raw))
        return
    name = f"a{_ENDINGS[kind]}"
    for entry in ArchiveWalk(spool.spooled([rest], name), name, lambda path: _WANTED if "a" in path else (), True):
        with contextlib.suppress(InputError):
            entry.read()


def _read(stream: as_tar.AsTar) -> None:
    """What comes out is a tar, as far as it comes: whole blocks, and nothing without an end."""
    total, buffer = 0, memoryview(bytearray(4096))
    while total < _MAX_TAR and (count := stream.readinto(buffer)):
        total += count
    assert total >= _MAX_TAR or total % as_tar.BLOCK == 0
