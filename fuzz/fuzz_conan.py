"""Conan: lock files of both versions, conanfile.txt, conaninfo.txt; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.conan import lock, text

_READERS: list[Reader] = [
    (lock.parse, "conan.lock"),
    (text.parse_conanfile, "conanfile.txt"),
    (text.parse_conaninfo, "conaninfo.txt"),
]

SEEDS: list[bytes] = [
    (
        b'\x00{"graph_lock": {"nodes": {"0": {"ref": "a/1", "requires": ["1"], "path": "x"}, '
        b'"1": {"pref": "b/1@u/c#0:p#0", "requires": {"x": "1"}}}}}'
    ),
    b'\x00{"version": "0.5", "requires": ["a/1@u/c#00%1.5"], "build_requires": ["b/1"]}',
    b"\x01[requires]\na/[>=1 <2]@u/c # x\n[tool_requires]\nb/1\n",
    b"\x02[requires]\na/1.Y.Z\n[full_requires]\na/1.2@u/c:00\n",
]


def run(data: bytes) -> None:
    feed(_READERS, data)
