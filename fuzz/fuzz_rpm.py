"""RPM databases (SQLite, ndb, Berkeley DB), headers, archives, container manifests; the first byte picks the reader."""

from __future__ import annotations

import contextlib
import struct

from assay.ecosystems.rpm import archive, database, manifest, package
from assay.ecosystems.rpm.header import Header
from assay.errors import AssayError
from assay.model.ecosystem import File

_HEADER = (
    struct.pack(">II", 6, 24)
    + b"".join(
        struct.pack(">IIII", *entry)
        for entry in (
            (1000, 6, 0, 1),
            (1001, 6, 2, 1),
            (1049, 8, 4, 2),
            (1117, 8, 8, 2),
            (1118, 8, 12, 1),
            (1116, 4, 16, 2),
        )
    )
    + b"a\0"
    + b"1\0"
    + b"b\0c\0"
    + b"f\0g\0"
    + b"/u/\0"
    + bytes(8)
)
_NDB = (
    struct.pack("<4sIII16x", b"RpmP", 0, 1, 1)
    + struct.pack("<4sIII", b"Slot", 1, 256, 10)
    + b"Slot".ljust(16, b"\0") * 253
    + struct.pack("<4sIII", b"BlbS", 1, 1, len(_HEADER))
    + _HEADER
)


def _bdb() -> bytes:
    meta = bytearray(512)
    meta[12:16], meta[20:24], meta[25] = struct.pack("<I", 0x061561), struct.pack("<I", 512), 8
    page = bytearray(512)
    page[20:26] = struct.pack("<HHBB", 2, 0, 0, 13)
    page[26:30] = struct.pack("<HH", 507, 495)
    page[495:507] = struct.pack("<B3xII", 3, 2, len(_HEADER))
    overflow = bytearray(512)
    overflow[20:26] = struct.pack("<HHBB", 0, len(_HEADER), 0, 7)
    overflow[26 : 26 + len(_HEADER)] = _HEADER
    return bytes(meta + page + overflow)


def _header(file: File) -> None:
    header = Header(file.data)
    header.files()
    package.requirements(header)
    package.component(header)


_READERS = (
    database.parse_sqlite,
    database.parse_ndb,
    database.parse_bdb,
    archive.parse,
    manifest.parse,
    _header,
)
_MARK = b"\x8e\xad\xe8\x01\0\0\0\0"

SEEDS: list[bytes] = [
    b"\x00SQLite format 3\0\x10\x00\x01\x01\x00\x40\x20\x20" + bytes(4072),
    b"\x01" + _NDB,
    b"\x02" + _bdb(),
    b"\x03\xed\xab\xee\xdb" + bytes(92) + _MARK + struct.pack(">II", 1, 16) + bytes(32) + _MARK + _HEADER,
    b"\x04glibc\t2.35-3\t1\t1\tMicrosoft\t(none)\t1\tx86_64\t0\tglibc-2.35-3.src.rpm\n",
    b"\x05" + _HEADER,
]


def run(data: bytes) -> None:
    if data:
        with contextlib.suppress(AssayError):
            _READERS[data[0] % len(_READERS)](File("var/lib/rpm/x", data[1:]))
