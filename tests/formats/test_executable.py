"""Section tables of ELF, PE and Mach-O: real programs, hand-made headers, hostile bytes."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assay.formats import executable, macho
from assay.model.executable import ExecutableFormat


def _elf(bits: int = 64, order: str = "<", names: bytes = b"\0.dep-v0\0.shstrtab\0") -> bytes:
    """An ELF file with the sections .dep-v0 (4 bytes) and .shstrtab."""
    word = "Q" if bits == 64 else "I"
    head = 64 if bits == 64 else 52
    row = struct.Struct(order + ("IIQQQQIIQQ" if bits == 64 else "IIIIIIIIII"))
    table = head + 4 + len(names)
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    fields = (2, 62, 1, 0, 0, table, 0, head, 0, 0, row.size, 3, 2)
    header = ident + struct.pack(order + "HHI" + word * 3 + "IHHHHHH", *fields)
    rows = row.pack(*[0] * 10) + row.pack(1, 1, 0, 0, head, 4, 0, 0, 0, 0)
    return header + b"data" + names + rows + row.pack(9, 3, 0, 0, head + 4, len(names), 0, 0, 0, 0)


def _universal(images: list[bytes]) -> bytes:
    head = b"\xca\xfe\xba\xbe" + struct.pack(">I", len(images))
    at, rows = 4096, b""
    for image in images:
        rows += struct.pack(">IIIII", 7, 3, at, len(image), 12)
        at += len(image)
    return (head + rows).ljust(4096, b"\0") + b"".join(images)


def _macho(order: str = "<") -> bytes:
    """A Mach-O image whose one segment has the section __go_buildinfo (4 bytes)."""
    section = struct.pack(order + "16s16sQQI28x", b"__go_buildinfo", b"__DATA", 0x1000, 4, 184)
    segment = struct.pack(order + "II16sQQQQIIII", 0x19, 152, b"__DATA", 0x1000, 4, 184, 4, 0, 0, 1, 0)
    return struct.pack(order + "IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, 1, 152, 0, 0) + segment + section + b"data"


def test_elf_of_both_classes_and_orders() -> None:
    for bits in (32, 64):
        for order in ("<", ">"):
            content = _elf(bits, order)
            found = executable.read(content)
            assert found is not None
            assert (found.format, found.bits, found.little_endian) == (
                ExecutableFormat.ELF,
                bits,
                order == "<",
            )
            assert found.machine == "x86_64"
            offset, size = found.sections[".dep-v0"]
            assert content[offset : offset + size] == b"data"


def test_wanted_sections_only() -> None:
    found = executable.read(_elf(), frozenset({".dep-v0", "sbom"}))
    assert found is not None
    assert list(found.sections) == [".dep-v0"]
    none = executable.read(_elf(), frozenset({"sbom"}))
    assert none is not None
    assert not none.sections


def test_this_interpreter() -> None:
    content = Path(sys.executable).resolve().read_bytes()
    found = executable.read(content)
    assert found is not None
    assert ".text" in found.sections or "__text" in found.sections
    assert executable.addresses(content, found)


def test_macho_thin_and_universal() -> None:
    for order in ("<", ">"):
        found = executable.read(_macho(order))
        assert found is not None
        assert (found.machine, found.sections) == ("aarch64", {"__go_buildinfo": (184, 4)})
    content = _universal([_macho(), _macho()])
    assert macho.images(content) == (4096, 4096 + 188)
    found = executable.read(content)
    assert found is not None
    assert (found.base, found.sections) == (4096, {"__go_buildinfo": (4280, 4)})
    assert executable.addresses(content, found) == ((0x1000, 4280, 4),)


def test_java_class_is_no_universal_binary() -> None:
    assert executable.read(b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(200)) is None
    assert executable.read(b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(200)) is None


def test_dos_program_and_stub_of_a_header() -> None:
    assert executable.read(b"MZ" + bytes(200)) is None
    assert executable.read(b"MZ") is None
    assert executable.read(b"\x7fELF") is None
    assert executable.read(b"") is None


def test_section_outside_of_the_file_is_left_out() -> None:
    content = bytearray(_elf())
    struct.pack_into("<Q", content, len(content) - 128 + 24, 1 << 60)
    found = executable.read(bytes(content))
    assert found is not None
    assert list(found.sections) == [".shstrtab"]


@given(st.sampled_from([_elf(), _elf(32, ">"), _macho(), _universal([_macho()])]), st.data())
def test_mutated_headers_never_raise(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(4, len(changed) - 1))] = data.draw(st.integers(0, 255))
    found = executable.read(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
    if found is not None:
        assert all(offset + size <= len(changed) for offset, size in found.sections.values())
        executable.addresses(bytes(changed), found)


@given(st.sampled_from([b"MZ", b"\x7fELF\x02\x01", b"\x7fELF\x01\x02", *macho.MAGICS]), st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(magic: bytes, rest: bytes) -> None:
    executable.read(magic + rest)
    executable.read(magic + rest, frozenset({".dep-v0"}))
