"""Executables: the shape of an ELF, PE or Mach-O file, as far as catalogers need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
