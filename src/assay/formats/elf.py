"""ELF, the executables of Linux and the BSDs (System V ABI, "Object Files"): the section and the program
header table.

The file begins with ``7f 45 4c 46``, then the class (1: 32 bits, 2: 64 bits) and the byte order (1: little,
2: big). `e_shoff` leads to the section headers, whose names lie in the section number `e_shstrndx`.
"""

from __future__ import annotations

import mmap
from collections.abc import Set
from functools import cache
from struct import Struct
from typing import Protocol

from assay.errors import Malformed
from assay.model.executable import Executable, ExecutableFormat

Bytes = bytes | mmap.mmap | memoryview
"""A file, or a view of a buffer that will be used again: only what is sliced out is kept."""


class Sliceable(Protocol):
    """What `read` needs of a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes | memoryview: ...


_MACHINES = {2: "sparc", 3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 43: "sparc64"}
_MACHINES |= {50: "ia64", 62: "x86_64", 183: "aarch64", 243: "riscv", 247: "bpf", 258: "loongarch"}
_MAX_SECTIONS = 65_535
_MAX_NAMES = 4 << 20
_NOBITS = 8
_EXTENDED = 0xFFFF
_LOAD = 1


@cache
def _structs(bits: int, order: str) -> tuple[Struct, Struct, Struct]:
    """File header after e_ident, section header, program header.

    The section header keeps name, type, offset and size; the program header type, offset, address and file
    size.
    """
    if bits == 64:
        return Struct(order + "HHIQQQIHHHHHH"), Struct(order + "II16xQQI20x"), Struct(order + "I4xQQ8xQ16x")
    return Struct(order + "HHIIIIIHHHHHH"), Struct(order + "II8xIII12x"), Struct(order + "III4xI12x")


def _open(content: Sliceable) -> tuple[int, str, tuple[int, ...], tuple[Struct, Struct, Struct]]:
    ident = bytes(content[:64])
    if ident[:4] != b"\x7fELF" or len(ident) < 52 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        raise Malformed("not an ELF file")
    bits, order = ident[4] * 32, "<" if ident[5] == 1 else ">"
    structs = _structs(bits, order)
    if len(ident) < 16 + structs[0].size:
        raise Malformed("ELF header cut short")
    return bits, order, structs[0].unpack_from(ident, 16), structs


def read(content: Sliceable, wanted: Set[str] = frozenset()) -> Executable:
    """The section table, or only the `wanted` names of it; raises `Malformed` for what is no ELF file."""
    bits, order, header, (_, section, _) = _open(content)
    machine, table, entry, count, names_at = header[1], header[5], header[10], header[11], header[12]
    sections: dict[str, tuple[int, int]] = {}
    if table and entry == section.size and table + entry <= len(content):
        _, _, _, zero_size, zero_link = section.unpack(bytes(content[table : table + section.size]))
        count = count or min(zero_size, _MAX_SECTIONS)
        names_at = zero_link if names_at == _EXTENDED else names_at
        if names_at < count:
            sections = _sections(content, section, (table, count, names_at), wanted)
    return Executable(ExecutableFormat.ELF, _MACHINES.get(machine, str(machine)), bits, order == "<", sections)


def _sections(
    content: Sliceable, section: Struct, table: tuple[int, int, int], wanted: Set[str]
) -> dict[str, tuple[int, int]]:
    start, count, names_at = table
    headers = bytes(content[start : start + count * section.size])
    if (names_at + 1) * section.size > len(headers):
        return {}
    _, _, offset, size, _ = section.unpack_from(headers, names_at * section.size)
    names = bytes(content[offset : offset + min(size, _MAX_NAMES)])
    if wanted and not any(names.find(needle) >= 0 for needle in _needles(frozenset(wanted))):
        return {}
    found: dict[str, tuple[int, int]] = {}
    for name_at, kind, offset, size, _ in section.iter_unpack(headers[: len(headers) // section.size * section.size]):
        end = names.find(b"\0", name_at, name_at + 256)
        name = names[name_at:end].decode("ascii", "replace") if end > name_at else ""
        if name and (not wanted or name in wanted) and kind != _NOBITS and offset + size <= len(content):
            found.setdefault(name, (offset, size))
    return found


@cache
def _needles(wanted: frozenset[str]) -> tuple[bytes, ...]:
    return tuple(name.encode() + b"\0" for name in wanted)


def segments(content: Sliceable) -> tuple[tuple[int, int, int], ...]:
    """(virtual address, offset, size) of what is loaded; raises `Malformed` for what is no ELF file."""
    _, _, header, (_, _, program) = _open(content)
    table, entry, count = header[4], header[8], header[9]
    if entry != program.size or table + count * entry > len(content):
        return ()
    rows = program.iter_unpack(bytes(content[table : table + count * entry]))
    return tuple((address, offset, size) for kind, offset, address, size in rows if kind == _LOAD)
