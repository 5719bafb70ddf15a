"""Section tables and address maps of ELF, PE and Mach-O (`assay.formats.executable`)."""

from __future__ import annotations

import struct

from assay.errors import AssayError
from assay.formats import executable
from assay.formats.pe import headers

_ELF64_IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
_ELF64 = _ELF64_IDENT + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 120, 0, 64, 56, 1, 64, 1, 0)
_ELF32_IDENT = b"\x7fELF\x01\x02\x01" + bytes(9)
_ELF32 = _ELF32_IDENT + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0, 52, 84, 0, 52, 32, 1, 40, 1, 0)
_COFF = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 2)
_PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + _COFF
_MACHO = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, 1, 152, 0, 0) + struct.pack("<II", 0x19, 152)
_FAT = b"\xca\xfe\xba\xbe" + struct.pack(">IIIIII", 1, 7, 3, 28, 200, 0)

SEEDS: list[bytes] = [
    _ELF64 + bytes(200),
    _ELF32 + bytes(200),
    _PE + b"\x0b\x02" + bytes(240) + b".text\0\0\0" + bytes(32),
    _MACHO + bytes(200),
    _FAT + _MACHO + bytes(200),
]


def run(data: bytes) -> None:
    found = executable.read(data)
    executable.read(data, frozenset({".dep-v0", "sbom"}))
    if found is not None:
        assert all(offset + size <= len(data) for offset, size in found.sections.values())
        executable.addresses(data, found)
    try:
        image = headers(data)
    except AssayError:
        return
    assert image.offset(image.directory(2)[0]) >= -1
