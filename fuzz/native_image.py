"""Executables with a heap section and two exported symbols, laid out by hand: ELF, Mach-O and PE of 64 bits."""

from __future__ import annotations

import struct

BASE = 0x10_0000
"""Where the file is mapped: its bytes lie in memory as they do in the file."""


def elf(data: bytes, length: int, table: str = "dyn", heap: bytes = b".svm_heap") -> bytes:
    """`data` under the symbol `sbom`; `length` is what `sbom_length` claims."""
    strings = b"\0sbom_length\0x_sbom\0"
    names = b"\0" + b"\0".join((heap, f".{table}sym".encode(), f".{table}str".encode(), b".shstrtab")) + b"\0"
    if table != "dyn":
        names = names.replace(b".symsym", b".symtab").replace(b".symstr", b".strtab")
    body = struct.pack("<Q", length) + data
    at_strings = 120 + len(body)
    at_symbols = at_strings + len(strings)
    symbol = struct.Struct("<IBBHQQ")
    at = BASE + 120
    symbols = symbol.pack(0, 0, 0, 0, 0, 0) + symbol.pack(1, 16, 0, 1, at, 8) + symbol.pack(15, 16, 0, 1, at + 8, 0)
    at_names = at_symbols + len(symbols)
    row = struct.Struct("<IIQQQQIIQQ")
    offsets = [names.index(part) for part in names.split(b"\0")[1:5]]
    rows = row.pack(*[0] * 10) + row.pack(offsets[0], 1, 0, 0, 120, len(body), 0, 0, 0, 0)
    rows += row.pack(offsets[1], 11, 0, 0, at_symbols, len(symbols), 3, 0, 0, 24)
    rows += row.pack(offsets[2], 3, 0, 0, at_strings, len(strings), 0, 0, 0, 0)
    rows += row.pack(offsets[3], 3, 0, 0, at_names, len(names), 0, 0, 0, 0)
    total = at_names + len(names)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, total, 0, 64, 56, 1, row.size, 5, 4)
    load = struct.pack("<IIQQQQQQ", 1, 6, 0, BASE, BASE, total, total, 4096)
    return head + load + body + strings + symbols + names + rows


def macho(data: bytes, length: int) -> bytes:
    """As `elf`."""
    strings = b"\0_sbom\0_sbom_length\0"
    head = 32 + 152 + 24
    body = struct.pack("<Q", length) + data
    at_symbols = head + len(body)
    at = BASE + head
    symbol = struct.Struct("<IBBHQ")
    symbols = symbol.pack(1, 15, 1, 0, at + 8) + symbol.pack(7, 15, 1, 0, at)
    total = at_symbols + len(symbols) + len(strings)
    segment = struct.pack("<II16sQQQQIIII", 0x19, 152, b"__DATA", BASE, total, 0, total, 7, 3, 1, 0)
    segment += struct.pack("<16s16sQQIIIIIIII", b"__svm_heap", b"__DATA", at, len(body), head, 0, 0, 0, 0, 0, 0, 0)
    table = struct.pack("<IIIIII", 2, 24, at_symbols, 2, at_symbols + len(symbols), len(strings))
    header = b"\xcf\xfa\xed\xfe" + struct.pack("<IIIIIII", 0x01000007, 3, 2, 2, len(segment) + len(table), 0, 0)
    return header + segment + table + body + symbols + strings


def pe(data: bytes, length: int) -> bytes:
    """As `elf`; the section lies in memory where it lies in the file."""
    head = 0x200
    body = struct.pack("<Q", length) + data
    tables = head + len(body)
    at_names = tables + 40 + 8 + 8 + 4
    exports = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, 0, 1, 2, 2, tables + 40, tables + 48, tables + 56)
    exports += (
        struct.pack("<II", head, head + 8) + struct.pack("<II", at_names, at_names + 5) + struct.pack("<HH", 1, 0)
    )
    exports += b"sbom\0sbom_length\0"
    size = len(body) + len(exports)
    dos = b"MZ\x90\0".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    optional = struct.pack("<H", 0x20B).ljust(24, b"\0") + struct.pack("<Q", BASE)
    optional = optional.ljust(108, b"\0") + struct.pack("<I", 16) + struct.pack("<II", tables, len(exports))
    optional = optional.ljust(240, b"\0")
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22)
    section = struct.pack("<8sIIIIIIHHI", b".svm_hea", size, head, size, head, 0, 0, 0, 0, 0xC0000040)
    return (dos + coff + optional + section).ljust(head, b"\0") + body + exports
