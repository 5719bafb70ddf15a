"""PE, the executables of Windows and of .NET (Microsoft, "PE Format"): section table and data directories.

The file begins with ``MZ``; the 32-bit number at 0x3c leads to ``PE\\0\\0``, the COFF header (20 bytes), the
optional header (magic 0x10b: 32 bits, 0x20b: 64 bits) with the data directories, and 40 bytes for each
section. A section name longer than eight bytes is written ``/123``, an offset into the string table behind
the symbols.
"""

from __future__ import annotations

import mmap
from collections.abc import Set
from dataclasses import dataclass
from struct import Struct, error

from assay.errors import Malformed
from assay.model.executable import Executable, ExecutableFormat

_COFF = Struct("<HHIIIHH")
_SECTION = Struct("<8sIIII12xI")
_PAIR = Struct("<II")
_U16 = Struct("<H")
_U32 = Struct("<I")
_MACHINES = {0x14C: "i386", 0x8664: "x86_64", 0x1C0: "arm", 0x1C4: "arm", 0xAA64: "aarch64", 0x200: "ia64"}
_MAX_DIRECTORIES = 16


@dataclass(frozen=True, slots=True)
class Section:
    """A section: `address` is relative to the image base, `offset` and `size` are those in the file."""

    name: str
    address: int
    offset: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class Image:
    """The headers; `directories` are (relative address, size), number 2 the resources, number 14 the CLI
    header.
    """

    machine: str
    bits: int
    base: int
    sections: tuple[Section, ...]
    directories: tuple[tuple[int, int], ...]

    def directory(self, number: int) -> tuple[int, int]:
        """(relative address, size) of a data directory, (0, 0) where it is absent."""
        return self.directories[number] if number < len(self.directories) else (0, 0)

    def offset(self, address: int) -> int:
        """The offset in the file of a relative address, or -1."""
        for section in self.sections:
            if section.address <= address < section.address + section.size:
                return address - section.address + section.offset
        return -1


def headers(content: bytes | mmap.mmap) -> Image:
    """The headers of a PE file; raises `Malformed` for anything else."""
    try:
        return _headers(content)
    except error:
        raise Malformed("PE headers cut short") from None


def _headers(content: bytes | mmap.mmap) -> Image:
    if content[:2] != b"MZ":
        raise Malformed("not a PE file")
    (start,) = _U32.unpack_from(content, 0x3C)
    if content[start : start + 4] != b"PE\0\0":
        raise Malformed("not a PE file (a DOS program)")
    machine, count, _, symbols, symbol_count, optional_size, _ = _COFF.unpack_from(content, start + 4)
    optional = start + 24
    bits, base, directories = _optional(content, optional) if optional_size >= 2 else (32, 0, ())
    names_at = symbols + symbol_count * 18 if symbols else 0
    table = content[optional + optional_size : optional + optional_size + count * _SECTION.size]
    rows = _SECTION.iter_unpack(table[: len(table) // _SECTION.size * _SECTION.size])
    sections = [
        Section(_name(content, raw, names_at), address, offset, min(size, max(len(content) - offset, 0)), flags)
        for raw, _, address, size, offset, flags in rows
    ]
    return Image(_MACHINES.get(machine, hex(machine)), bits, base, tuple(sections), directories)


def _optional(content: bytes | mmap.mmap, at: int) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    (magic,) = _U16.unpack_from(content, at)
    if magic not in (0x10B, 0x20B):
        return 32, 0, ()
    bits = 64 if magic == 0x20B else 32
    base = int.from_bytes(content[at + 24 : at + 32] if bits == 64 else content[at + 28 : at + 32], "little")
    count_at = at + (108 if bits == 64 else 92)
    count = min(_U32.unpack_from(content, count_at)[0], _MAX_DIRECTORIES)
    pairs = [_PAIR.unpack_from(content, count_at + 4 + number * 8) for number in range(count)]
    return bits, base, tuple((pair[0], pair[1]) for pair in pairs)


def _name(content: bytes | mmap.mmap, raw: bytes, names_at: int) -> str:
    raw = raw.rstrip(b"\0")
    if raw[:1] == b"/" and raw[1:].isdigit() and names_at:
        start = names_at + int(raw[1:])
        raw = content[start : start + 256].partition(b"\0")[0]
    return raw.decode("ascii", "replace")


def read(content: bytes | mmap.mmap, wanted: Set[str] = frozenset()) -> Executable:
    """The section table, or only the `wanted` names of it; raises `Malformed` for what is no PE file."""
    image = headers(content)
    sections: dict[str, tuple[int, int]] = {}
    for section in image.sections:
        if section.size and (not wanted or section.name in wanted):
            sections.setdefault(section.name, (section.offset, section.size))
    return Executable(ExecutableFormat.PE, image.machine, image.bits, True, sections)


def segments(content: bytes | mmap.mmap) -> tuple[tuple[int, int, int], ...]:
    """(virtual address, offset, size) of the sections; raises `Malformed` for what is no PE file."""
    image = headers(content)
    return tuple((image.base + section.address, section.offset, section.size) for section in image.sections)
