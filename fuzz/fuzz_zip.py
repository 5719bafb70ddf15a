"""Zip archives (`assay.formats.zip`): the directory and every member."""

from __future__ import annotations

import io
import re
import zipfile

from assay.errors import AssayError
from assay.formats import zip

_PATTERN = re.compile(rb"PK\x01\x02.{42}META", re.DOTALL)


def _pack(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as target:
        target.writestr("META-INF/MANIFEST.MF", b"a: b\n" * 9)
        with target.open("b/c.jar", "w", force_zip64=True) as member:
            member.write(b"PK")
    return buffer.getvalue()


SEEDS: list[bytes] = [_pack(0), _pack(8), b"#!/bin/sh\n" + _pack(0), _pack(8) + b"tail"]


def run(data: bytes) -> None:
    try:
        archive = zip.open_archive(data)
        members = [*archive.find(_PATTERN), *archive.members(lambda name: True)]
    except AssayError:
        return
    for member in members[:100]:
        try:
            assert len(archive.read(member, 1 << 16)) <= 1 << 16
        except AssayError:
            continue
