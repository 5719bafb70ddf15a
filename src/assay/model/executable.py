"""Executables: the shape of an ELF, PE or Mach-O file, as far as catalogers need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assay.errors import Malformed

MAGIC = frozenset(
    (
        b"\x7fELF",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        *(b"MZ" + stub + b"\0" for stub in (b"\x90", b"\x80", b"\x78", b"P", b"\0")),
    )
)
"""The first four bytes of executables: ELF, Mach-O of 64 and 32 bits and universal, PE with the usual DOS stubs."""


class ExecutableFormat(StrEnum):
    """The container formats of machine code."""

    ELF = "elf"
    PE = "pe"
    MACHO = "macho"


@dataclass(frozen=True, slots=True)
class Executable:
    """The section table of an executable: `sections` maps a name to (offset, size) within the file, both in bytes.

    `base` is the offset of the image in a file that holds several (Mach-O universal), else 0.
    """

    format: ExecutableFormat
    machine: str = ""
    bits: int = 64
    little_endian: bool = True
    sections: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    base: int = 0


class Ends:
    """The beginning and the end of a large file whose middle was not kept; a slice that touches it is `Malformed`."""

    def __init__(self, head: bytes, tail: memoryview, size: int) -> None:
        self._head = head
        self._tail = tail
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        kept = self._size - len(self._tail)
        if stop <= len(self._head):
            return self._head[start:stop]
        if start >= kept:
            return bytes(self._tail[start - kept : stop - kept])
        raise Malformed("a part of the file that was not kept")
