"""Cargo: Cargo.toml, Cargo.lock and the section .dep-v0; the first byte picks the reader."""

from __future__ import annotations

import zlib

from assay.ecosystems.cargo import binary, lock, manifest
from assay.errors import AssayError
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

_AUDIT = b'{"packages":[{"name":"a","version":"1","dependencies":[1]},{"name":"b","version":"2","root":true}]}'

SEEDS: list[bytes] = [
    b'\x00[package]\nname = "a"\nversion.workspace = true\n[dependencies]\nb = { version = "=1.0.0" }\n',
    b'\x01[[package]]\nname = "a"\nversion = "1"\nsource = "git+https://git.example/a"\ndependencies = ["b 1"]\n',
    b"\x02" + zlib.compress(_AUDIT),
    b"\x03" + _AUDIT,
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 4, data[1:]
    try:
        if kind < 2:
            (manifest.parse, lock.parse)[kind](File("x", rest))
            return
        content = zlib.compress(rest) if kind == 3 else rest
        image = Executable(ExecutableFormat.ELF, sections={".dep-v0": (0, len(content))})
        binary.parse(File("x", content, executable=image))
    except AssayError:
        pass
