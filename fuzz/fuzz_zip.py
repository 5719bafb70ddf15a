"""Zip archives (`assay.formats.zip`): the directory and every member."""

from __future__ import annotations

import io
import re
import zipfile

from assay.errors import AssayError
from assay.formats import zip

_START = re.compile(rb"META-INF/")
_END = re.compile(rb"\.jar")


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
        members = [*archive.find(_START), *archive.members(lambda name: True)]
        if any(True for _ in archive.members(lambda name: name.endswith(b".jar"))):
            assert archive.may_end(_END)
    except AssayError:
        return
    for member in members[:100]:
        try:
            assert len(archive.read(member, 1 << 16)) <= 1 << 16
        except AssayError:
            continue
