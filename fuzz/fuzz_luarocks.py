"""Lua: rockspecs; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.luarocks import rockspec

_READERS: list[Reader] = [
    (rockspec.parse, "lib/luarocks/rocks-5.1/a/1-1/a-1-1.rockspec"),
]

SEEDS: list[bytes] = [
    (
        b'\x00package = "a" -- x\nlocal r, s = "1", [[2]]\nversion = r .. "-" .. s\n'
        b'dependencies = { "lua >= 5.1", ["k"] = { x = 1; }, }\n--[==[ y ]==]\n'
        b"description = { license = 'MIT' }\n"
    ),
]


def run(data: bytes) -> None:
    feed(_READERS, data)
