"""Executables: which format it is, and its section table (see `elf`, `pe`, `macho` for each of them)."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from assay.errors import Malformed

if TYPE_CHECKING:
    import mmap

    from assay.formats import elf
    from assay.model.executable import Ends, Executable

_NOTHING: frozenset[str] = frozenset()


def read(content: elf.Bytes | Ends, wanted: Set[str] = _NOTHING) -> Executable | None:
    """The executable that `content` holds, or None for anything else, broken section tables included.

    `wanted` names the only sections that the caller cares about (none: all of them); most shared objects
    have none of those, and then their table is not walked at all. It never raises for hostile bytes.
    """
    magic = bytes(content[:4])
    try:
        if magic == b"\x7fELF":
            from assay.formats import elf

            return elf.read(content, wanted)
        from assay.model.executable import Ends

        if isinstance(content, memoryview | Ends):
            content = bytes(content[:])
        if magic[:2] == b"MZ":
            from assay.formats import pe

            return pe.read(content, wanted)
        from assay.formats import macho

        if magic in macho.MAGICS:
            return macho.read(content, wanted)
    except Malformed:
        return None
    return None


def addresses(content: bytes | mmap.mmap, executable: Executable) -> tuple[tuple[int, int, int], ...]:
    """How the file is mapped into memory: (virtual address, offset in the file, size in the file) of each
    segment.
    """
    from assay.formats import elf, macho, pe
    from assay.model.executable import ExecutableFormat

    try:
        if executable.format is ExecutableFormat.ELF:
            return elf.segments(content)
        if executable.format is ExecutableFormat.PE:
            return pe.segments(content)
        return macho.segments(content, executable.base)
    except Malformed:
        return ()
