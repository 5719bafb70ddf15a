"""The floor: what any scanner must do at least. SHA-256 of each stored layer, inflate, walk the tar headers.

``python -m bench.floor LAYOUT`` prints how many headers it saw. It keeps nothing and parses nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from isal import isal_zlib

WINDOW = 1 << 20


class Hashed:
    """A file whose every byte is hashed as it is read."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        self.hash = hashlib.sha256()

    def readinto(self, buffer: memoryview) -> int:
        count = os.readv(self.descriptor, [buffer])
        self.hash.update(buffer[:count])
        return count

    def read(self, size: int = -1) -> bytes:
        raise NotImplementedError


def walk(stream: Any) -> int:
    """Count the headers of a tar stream."""
    buffer = bytearray(WINDOW)
    view = memoryview(buffer)
    position = end = headers = 0
    while True:
        if end - position < 512:
            left = end - position
            view[:left] = bytes(view[position:end])
            position, end = 0, left
            while end < 512 and (count := stream.readinto(view[end:])):
                end += count
        if end - position < 512 or not buffer[position]:
            return headers
        headers += 1
        try:
            size = int(buffer[position + 124 : position + 135], 8)
        except ValueError:
            size = int.from_bytes(buffer[position + 125 : position + 136], "big")
        skip = 512 + ((size + 511) & -512)
        while skip > end - position:
            skip -= end - position
            position, end = 0, stream.readinto(view)
            if not end:
                return headers
        position += skip


def main(layout: Path) -> None:
    """Walk all layers of the image in a layout."""
    blobs = layout / "blobs" / "sha256"
    image = json.loads((layout / "index.json").read_text())["manifests"][0]
    manifest = json.loads((blobs / image["digest"].partition(":")[2]).read_text())
    headers = 0
    for layer in manifest["layers"]:
        expected = layer["digest"].partition(":")[2]
        raw = Hashed(blobs / expected)
        stream = isal_zlib._GzipReader(raw, 256 << 10)  # type: ignore[arg-type]  # it only calls readinto()
        headers += walk(stream)
        rest = memoryview(bytearray(WINDOW))
        while stream.readinto(rest):
            pass
        while raw.readinto(rest):
            pass
        assert raw.hash.hexdigest() == expected
    print(headers)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
