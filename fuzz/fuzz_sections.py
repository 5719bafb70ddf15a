"""What lies in sections of executables, and the release file of Java runtimes; the first byte picks the reader."""

from __future__ import annotations

import contextlib
import gzip
import struct

from assay.ecosystems.elf_package import note
from assay.ecosystems.graalvm import sbom
from assay.ecosystems.jvm import release
from assay.errors import AssayError
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

_NOTE = b'{"type":"deb","name":"a","version":"1","os":"debian"}'
_SBOM = b'{"components":[{"bom-ref":"a","group":"g","name":"a","version":"1"}],'
_SBOM += b'"dependencies":[{"ref":"a","dependsOn":["a"]}]}'

SEEDS: list[bytes] = [
    b"\x00" + struct.pack("<III", 4, len(_NOTE), 0xCAFE1A7E) + b"FDO\0" + _NOTE,
    b"\x01" + _SBOM,
    b"\x02" + gzip.compress(_SBOM),
    b'\x03IMPLEMENTOR="Debian"\nJAVA_VERSION="17.0.1"\nJAVA_RUNTIME_VERSION="17.0.1+2"\n',
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 4, data[1:]
    content = gzip.compress(rest, 1) if kind == 1 else rest
    sections = {name: (0, len(content)) for name in (".note.package", "sbom")}
    file = File("x", content, executable=Executable(ExecutableFormat.ELF, sections=sections))
    with contextlib.suppress(AssayError):
        (note.parse, sbom.parse, sbom.parse, release.parse)[kind](file)
