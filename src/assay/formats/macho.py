"""Mach-O, the executables of macOS (Apple, "OS X ABI Mach-O File Format Reference"), thin and universal.

A thin file is a header (magic ``feedface`` for 32 bits, ``feedfacf`` for 64) and load commands; the commands
LC_SEGMENT (1) and LC_SEGMENT_64 (0x19) hold the sections. A universal file (magic ``cafebabe``, as Java
classes have, or ``cafebabf``) is a table of thin ones, always big-endian.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Set
from struct import Struct, error

from assay.errors import Malformed
from assay.model.executable import Executable, ExecutableFormat

_THIN = {
    b"\xce\xfa\xed\xfe": (32, "<"),
    b"\xcf\xfa\xed\xfe": (64, "<"),
    b"\xfe\xed\xfa\xce": (32, ">"),
    b"\xfe\xed\xfa\xcf": (64, ">"),
}
_UNIVERSAL = {b"\xca\xfe\xba\xbe": Struct(">IIIII"), b"\xca\xfe\xba\xbf": Struct(">IIQQI4x")}
MAGICS = (*_THIN, *_UNIVERSAL)
"""The first four bytes of Mach-O files."""

_MACHINES = {7: "i386", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "aarch64", 0x0200000C: "arm64_32"}
_MACHINES |= {18: "ppc", 0x01000012: "ppc64"}
_MAX_IMAGES = 30  # Java classes share the magic; the number there is a version above 42
_MAX_COMMANDS = 4096
_MAX_SECTIONS = 255


def images(content: bytes | mmap.mmap) -> tuple[int, ...]:
    """The offsets of the images in a universal file, or (0,) for a thin one; raises `Malformed` for anything
    else.
    """
    magic = content[:4]
    if magic in _THIN:
        return (0,)
    entry = _UNIVERSAL.get(magic)
    if entry is None:
        raise Malformed("not a Mach-O file")
    count = int.from_bytes(content[4:8], "big")
    table = content[8 : 8 + count * entry.size] if count <= _MAX_IMAGES else b""
    rows = entry.iter_unpack(table) if table and len(table) == count * entry.size else ()
    found = tuple(row[2] for row in rows if content[row[2] : row[2] + 4] in _THIN)
    if not found:
        raise Malformed("not a universal Mach-O file")
    return found


def read(content: bytes | mmap.mmap, wanted: Set[str] = frozenset(), base: int | None = None) -> Executable:
    """The section table of the image at `base` (none: the first); section names come without that of their
    segment.

    Raises `Malformed` for what is no Mach-O file.
    """
    at = images(content)[0] if base is None else base
    try:
        bits, order, machine, commands = _commands(content, at)
        sections: dict[str, tuple[int, int]] = {}
        for start, size in commands:
            for name, offset, length in _sections(content, at, (start, size), (bits, order)):
                if not wanted or name in wanted:
                    sections.setdefault(name, (at + offset, length))
    except error:
        raise Malformed("Mach-O load commands cut short") from None
    return Executable(ExecutableFormat.MACHO, machine, bits, order == "<", sections, at)


def _commands(content: bytes | mmap.mmap, at: int) -> tuple[int, str, str, list[tuple[int, int]]]:
    """The segment commands as (offset, size)."""
    bits, order = _THIN.get(content[at : at + 4], (0, "<"))
    if not bits:
        raise Malformed("not a Mach-O image")
    machine, _, _, count, _ = Struct(order + "IIIII").unpack_from(content, at + 4)
    pair, wanted = Struct(order + "II"), 0x19 if bits == 64 else 1
    start = at + (32 if bits == 64 else 28)
    found = []
    for _ in range(min(count, _MAX_COMMANDS)):
        command, size = pair.unpack_from(content, start)
        if size < 8:
            break
        if command == wanted:
            found.append((start, size))
        start += size
    return bits, order, _MACHINES.get(machine, hex(machine)), found


def _sections(
    content: bytes | mmap.mmap, base: int, command: tuple[int, int], shape: tuple[int, str]
) -> Iterator[tuple[str, int, int]]:
    (start, size), (bits, order) = command, shape
    row = Struct(order + ("16s24xQI28x" if bits == 64 else "16s20xII24x"))
    head = 72 if bits == 64 else 56
    (count,) = Struct(order + "I").unpack_from(content, start + head - 8)
    for number in range(min(count, _MAX_SECTIONS, max(size - head, 0) // row.size)):
        raw, length, offset = row.unpack_from(content, start + head + number * row.size)
        if offset and base + offset + length <= len(content):
            yield raw.rstrip(b"\0").decode("ascii", "replace"), offset, length


def segments(content: bytes | mmap.mmap, base: int = 0) -> tuple[tuple[int, int, int], ...]:
    """(virtual address, offset, size) of the segments of the image at `base`; raises `Malformed` for
    anything else.
    """
    try:
        bits, order, _, commands = _commands(content, base)
        row = Struct(order + ("Q8xQQ" if bits == 64 else "I4xII"))
        rows = [row.unpack_from(content, start + 24) for start, _ in commands]
    except error:
        raise Malformed("Mach-O load commands cut short") from None
    return tuple((address, base + offset, size) for address, offset, size in rows)
