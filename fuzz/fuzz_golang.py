"""Go: build information of binaries, go.mod, go.sum, vendor/modules.txt; the first byte picks the reader."""

from __future__ import annotations

from assay.ecosystems.golang import binary, gomod, gosum, vendored
from assay.errors import AssayError
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

_READERS = (gomod.parse, gomod.parse_workspace, gosum.parse, vendored.parse)
_INFO = b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x08go1.22.1" + b"\x40" + bytes(16)
_TEXT = b"mod\ta.example/b\t(devel)\t\ndep\tc/d\tv1\n" + bytes(16)

SEEDS: list[bytes] = [
    b"\x00module a.example/b\ngo 1.20\nrequire (\n\tc/d v1.0.0 // indirect\n)\nreplace c/d => ./d\n",
    b"\x01go 1.22\nuse ./a\n",
    b"\x02c/d v1.0.0 h1:abc=\nc/d v1.0.0/go.mod h1:abc=\n",
    b"\x03# c/d v1.0.0 => e/f v1.1.0\n## explicit; go 1.17\nc/d\n",
    b"\x04" + _INFO + _TEXT,
    b"\x04\xff Go buildinf:\x08\x00" + bytes(48),
]


def run(data: bytes) -> None:
    if not data:
        return
    try:
        if data[0] < len(_READERS):
            _READERS[data[0]](File("x", data[1:]))
        else:
            sections = {".go.buildinfo": (0, len(data) - 1)}
            binary.parse(File("x", data[1:], executable=Executable(ExecutableFormat.ELF, sections=sections)))
    except AssayError:
        pass
