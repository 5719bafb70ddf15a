"""What lies in sections of executables, and the release file of Java runtimes; the first byte picks the reader."""

from __future__ import annotations

import contextlib
import gzip
import struct

from fuzz import native_image

from assay.ecosystems.elf_package import note
from assay.ecosystems.graalvm import sbom
from assay.ecosystems.jvm import release
from assay.errors import AssayError
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

_NOTE = b'{"type":"deb","name":"a","version":"1","os":"debian"}'
_SBOM = b'{"components":[{"bom-ref":"a","group":"g","name":"a","version":"1"}],'
_SBOM += b'"dependencies":[{"ref":"a","dependsOn":["a"]}]}'
_IMAGES = (native_image.elf, native_image.macho, native_image.pe)

SEEDS: list[bytes] = [
    b"\x00" + struct.pack("<III", 4, len(_NOTE), 0xCAFE1A7E) + b"FDO\0" + _NOTE,
    b"\x01" + _SBOM,
    *(b"\x02" + make(gzip.compress(_SBOM), len(gzip.compress(_SBOM))) for make in _IMAGES),
    b'\x03IMPLEMENTOR="Debian"\nJAVA_VERSION="17.0.1"\nJAVA_RUNTIME_VERSION="17.0.1+2"\n',
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 4, data[1:]
    packed = gzip.compress(rest, 1)
    content = native_image.elf(packed, len(packed)) if kind == 1 else rest
    image = Executable(ExecutableFormat.ELF, sections={".note.package": (0, len(content))}) if kind == 0 else None
    file = File("x", content, executable=image)
    with contextlib.suppress(AssayError):
        (note.parse, sbom.parse, sbom.parse, release.parse)[kind](file)
