"""The shared libraries that an ELF file asks for: its DT_NEEDED entries (gABI, "Dynamic Section")."""

from __future__ import annotations

import struct

from assay.formats import executable
from assay.model.ecosystem import Content
from assay.model.executable import ExecutableFormat

_SECTIONS = frozenset({".dynamic", ".dynstr"})
_NEEDED = 1
_MAX_ENTRIES = 10_000
_MAX_NAME = 255


def libraries(content: Content) -> tuple[str, ...]:
    """File names such as ``libpython3.11.so.1.0``, in order; empty for what is no ELF file or links
    nothing.
    """
    found = executable.read(content, _SECTIONS)
    if found is None or found.format is not ExecutableFormat.ELF or not found.sections.keys() >= _SECTIONS:
        return ()
    at, size = found.sections[".dynamic"]
    strings, strings_size = found.sections[".dynstr"]
    entry = struct.Struct(("<" if found.little_endian else ">") + ("QQ" if found.bits == 64 else "II"))
    size = min(size, _MAX_ENTRIES * entry.size)
    table = content[at : at + size - size % entry.size]
    names = []
    for tag, value in entry.iter_unpack(table[: len(table) - len(table) % entry.size]):
        if tag == _NEEDED and value < strings_size:
            start = strings + value
            name = content[start : start + _MAX_NAME].partition(b"\0")[0]
            names.append(name.decode("utf-8", "replace"))
    return tuple(names)
