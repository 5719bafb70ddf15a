""".NET: assemblies, JSON, XML and Paket files; the first byte picks the reader."""

from __future__ import annotations

import contextlib

from assay.ecosystems.nuget import assembly, lock, nuspec, paket, project, runtime
from assay.errors import AssayError
from assay.formats import pe, pe_version
from assay.model.ecosystem import File

_READERS = (
    runtime.parse_deps,
    runtime.parse_assets,
    lock.parse,
    project.parse,
    project.parse_config,
    paket.parse_lock,
    paket.parse_dependencies,
    assembly.parse,
    nuspec.parse,
)
_RESOURCE = bytes(12) + b"\0\0\1\0\x10\0\0\0\x18\0\0\x80" + bytes(12) + b"\0\0\1\0\1\0\0\0\x30\0\0\x80"
_RESOURCE += bytes(12) + b"\0\0\1\0\1\0\0\0\x48\0\0\0" + b"\x58\x20\0\0\x80\0\0\0" + bytes(8)
_RESOURCE += b"\x60\0\0\0\0\0" + "VS_VERSION_INFO\0".encode("utf-16-le") + bytes(100)

SEEDS: list[bytes] = [
    b'\x00{"targets": {"n": {"A/1": {"dependencies": {"B": "1"}}, "B/1": {}}}, "libraries": {"A/1": {}, "B/1": {}}}',
    b'\x01{"project": {"version": "1", "restore": {"projectName": "A"}}, "libraries": {}}',
    b'\x02{"dependencies": {"n": {"A": {"resolved": "1", "dependencies": {"B": "1"}}, "B": {"resolved": "2"}}}}',
    b'\x03<Project><ItemGroup><PackageReference Include="A" Version="$(B)"/></ItemGroup></Project>',
    b'\x04<packages><package id="A" version="1"/></packages>',
    b"\x05NUGET\n  remote: x\n    A (1)\n      B (>= 1)\nGITHUB\n  remote: a/b\n    f.fs (1)\n",
    b"\x06nuget A ~> 1.2 prerelease\n",
    b"\x08<package><metadata><id>A</id><version>1</version><dependencies><group><dependency id='B'/></group>"
    b"</dependencies><license type='expression'>MIT</license><repository url='https://a.example'/></metadata></package>",
    b"\x09" + _RESOURCE,
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 10, data[1:]
    if kind == 9:
        section = pe.Section(".rsrc", 0x2000, 0, len(rest), 0)
        pe_version.strings(rest, pe.Image("i386", 32, 0, (section,), ((0, 0), (0, 0), (0x2000, len(rest)))))
        return
    with contextlib.suppress(AssayError):
        _READERS[kind](File("a.dll", rest))
