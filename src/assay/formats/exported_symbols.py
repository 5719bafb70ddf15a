"""Where exported symbols of executables lie in memory: ELF, Mach-O and PE.

ELF: ``.dynsym`` and ``.symtab`` with the names in ``.dynstr`` and ``.strtab`` (System V ABI, "Symbol Table"). Mach-O:
the command LC_SYMTAB, names with an underscore before them ("OS X ABI Mach-O File Format Reference"). PE: the export
directory ("PE Format", ".edata").
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Set
from struct import Struct, error

from assay.errors import Malformed
from assay.formats import executable, pe
from assay.model.executable import Executable, ExecutableFormat

Bytes = bytes | mmap.mmap
_TABLES = ((".dynsym", ".dynstr"), (".symtab", ".strtab"))
_MAX_SYMBOLS = 1 << 20
_MAX_COMMANDS = 4096
_LC_SYMTAB = 2


def addresses(content: Bytes, image: Executable, names: Set[str]) -> dict[str, int]:
    """The virtual addresses of the symbols of these names, as far as they are there; nothing for broken tables."""
    wanted = {name.encode(): name for name in names}
    length = max(map(len, wanted), default=0) + 2
    found: dict[str, int] = {}
    try:
        for at, address in _symbols(content, image):
            raw = content[at : at + length].partition(b"\0")[0]
            name = raw.removeprefix(b"_") if image.format is ExecutableFormat.MACHO else raw
            if name in wanted and address:
                found.setdefault(wanted[name], address)
                if len(found) == len(wanted):
                    break
    except (error, Malformed):
        return found
    return found


def offset(content: Bytes, image: Executable, address: int) -> int:
    """The offset in the file of a virtual address; -1 for what the file does not hold."""
    for start, at, size in executable.addresses(content, image):
        if start <= address < start + size:
            return address - start + at
    return -1


def _symbols(content: Bytes, image: Executable) -> Iterator[tuple[int, int]]:
    """Where the name of each symbol lies in the file, and the address of the symbol."""
    if image.format is ExecutableFormat.ELF:
        return _of_elf(content, image)
    return _of_pe(content) if image.format is ExecutableFormat.PE else _of_macho(content, image)


def _of_elf(content: Bytes, image: Executable) -> Iterator[tuple[int, int]]:
    tables = executable.read(content, frozenset(name for pair in _TABLES for name in pair))
    row = Struct(("<" if image.little_endian else ">") + ("I4xQ8x" if image.bits == 64 else "II8x"))
    for symbols, strings in _TABLES:
        if tables is None or symbols not in tables.sections or strings not in tables.sections:
            continue
        start, size = tables.sections[symbols]
        names, _ = tables.sections[strings]
        data = content[start : start + min(size, _MAX_SYMBOLS * row.size) // row.size * row.size]
        for name, address in row.iter_unpack(data):
            yield names + name, address


def _of_macho(content: Bytes, image: Executable) -> Iterator[tuple[int, int]]:
    order = "<" if image.little_endian else ">"
    pair, row = Struct(order + "II"), Struct(order + ("I4xQ" if image.bits == 64 else "I4xI"))
    (commands,) = Struct(order + "I").unpack_from(content, image.base + 16)
    at = image.base + (32 if image.bits == 64 else 28)
    for _ in range(min(commands, _MAX_COMMANDS)):
        command, size = pair.unpack_from(content, at)
        if command == _LC_SYMTAB:
            start, count, names, _ = Struct(order + "IIII").unpack_from(content, at + 8)
            start += image.base
            data = content[start : start + min(count, _MAX_SYMBOLS) * row.size]
            for name, address in row.iter_unpack(data[: len(data) // row.size * row.size]):
                yield image.base + names + name, address
        if size < pair.size:
            return
        at += size


def _of_pe(content: Bytes) -> Iterator[tuple[int, int]]:
    """All tables and names lie in the section of the export directory."""
    headers = pe.headers(content)
    directory, _ = headers.directory(0)
    at = headers.offset(directory)
    if at < 0:
        return
    functions, count, *tables = Struct("<5I").unpack_from(content, at + 20)
    values, names, ordinals = (address + at - directory for address in tables)
    number, ordinal = Struct("<I"), Struct("<H")
    for index in range(min(count, _MAX_SYMBOLS) if min(values, names, ordinals) >= 0 else 0):
        (name,) = number.unpack_from(content, names + index * 4)
        (which,) = ordinal.unpack_from(content, ordinals + index * 2)
        if which < functions:
            yield max(name + at - directory, 0), headers.base + number.unpack_from(content, values + which * 4)[0]
