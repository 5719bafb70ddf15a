"""Alpine's installed database, .PKGINFO and archives; the first byte picks the reader."""

from __future__ import annotations

import contextlib
import gzip

from assay.ecosystems.apk import archive, installed
from assay.errors import AssayError
from assay.model.ecosystem import File

SEEDS: list[bytes] = [
    b"\x00C:Q1zwvKMnYs1b6ZdPTBJ0Z7D5P3jyA=\nP:a\nV:1-r0\nA:x86_64\nD:so:b>=1 !c d@edge\np:so:e=1\nF:bin\nR:a\n\n",
    b"\x01pkgname = a\npkgver = 1\ndepend = b\n",
    b"\x02" + gzip.compress(bytes(1024), mtime=0),
]


def run(data: bytes) -> None:
    if not data:
        return
    with contextlib.suppress(AssayError):
        if data[0] % 3 == 0:
            installed.parse(File("lib/apk/db/installed", data[1:]))
        elif data[0] % 3 == 1:
            archive.pkginfo(data[1:].decode("utf-8", "replace"))
        else:
            archive.parse(File("a.apk", data[1:]))
