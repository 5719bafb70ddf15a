"""apk's packages of version 3; the first byte says how the rest is packed before it is read."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import zstandard

from assay.ecosystems.apk import archive
from assay.errors import AssayError
from assay.model.ecosystem import File


def _seed() -> bytes:
    """A package with a name, a version, a number, a description and a dependency."""
    texts = b"\x01a\x01" + b"1" + b"\x04\x00text" + b"\x00\x00"
    values = bytes(8) + texts + struct.pack("<III", 3, 8 << 28 | 8, 8 << 28 | 10)
    dependency = len(values) - 12
    values += struct.pack("<II", 2, 14 << 28 | dependency)
    info = [8 << 28 | 8, 8 << 28 | 10, 0, 9 << 28 | 12, *[0] * 6, 1 << 28 | 7, 0, 0, 0, 13 << 28 | len(values) - 8]
    values += struct.pack(f"<{len(info) + 1}I", len(info) + 1, *info)
    values += struct.pack("<II", 2, 14 << 28 | len(values) - 4 * (len(info) + 1))
    values = values[:4] + struct.pack("<I", 14 << 28 | len(values) - 8) + values[8:]
    block = struct.pack("<I", 4 + len(values)) + values
    return b"ADB.pckg" + block + bytes(-len(block) % 8)


_HEADS = (b"", b"ADBd", b"ADBc\x01\x09", b"ADBc\x02\x03", b"ADBc\x00\x01")
_NATIVE = Path(__file__).parents[1] / "src/assay/ecosystems/apk/fixtures/version-3/input"
SEEDS: list[bytes] = [
    *(bytes((index,)) + _seed() for index in range(5)),
    *(b"\x05" + path.read_bytes() for path in sorted(_NATIVE.iterdir())),
    b"\x00" + zlib.decompress((_NATIVE / "greet-1.2-r3.apk").read_bytes()[4:], -15),
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, data = data[0] % 6, data[1:]
    if kind in (1, 2):
        deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
        data = deflate.compress(data) + deflate.flush()
    elif kind == 3:
        data = zstandard.ZstdCompressor(1).compress(data)
    with contextlib.suppress(AssayError):
        archive.parse(File("a.apk", (_HEADS[kind] if kind < 5 else b"") + data))
