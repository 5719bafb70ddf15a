"""``.apk`` archives of Alpine, version 2: gzip streams one after the other: signature, control, data (apk-v2(5)).

Together they are one tar stream; the control part holds ``.PKGINFO`` (for version 3 see `adb`)::

    pkgname = busybox
    pkgver = 1.36.0-r9
    depend = so:libc.musl-x86_64.so.1
    datahash = 2c8e4b5d...

Android's files of the same ending are zip archives and none of these.
"""

from __future__ import annotations

import io
from dataclasses import replace

from assay.ecosystems.apk import adb
from assay.ecosystems.apk.package import component, words
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, digest, tar
from assay.model.component import Presence
from assay.model.ecosystem import File, Found, Need

_MAX_PKGINFO = 4 << 20
_MAX_BEFORE = 64 << 20
"""What may come before ``.PKGINFO``; real packages have a signature of a few hundred bytes there."""


def parse(file: File) -> Found:
    """The package that the archive would install; what it needs may lie beside it."""
    head = file.content[:4]
    if head[:2] == b"PK":
        return Found()
    if head[:3] == adb.MAGIC:
        fields = adb.pkginfo(file.content)
    elif compression.kind(head) == "gzip":
        fields = pkginfo(_control(file).decode("utf-8", "replace"))
    else:
        raise Malformed("not an Alpine package (no gzip stream)")
    if not fields.get("pkgname") or not fields.get("pkgver"):
        raise Malformed("an Alpine package without name and version")
    item = replace(component(fields), presence=Presence.DECLARED, digests=(digest.sha256(file.content),))
    needs = tuple(Need(item.id, (name,)) for name in words(fields.get("depend", "")))
    provides = tuple((name, item.id) for name in words(fields.get("provides", "")))
    return Found((item,), needs=needs, provides=provides, scope=file.folder)


def pkginfo(text: str) -> dict[str, str]:
    """The fields; those that come several times (depend, provides) are joined by blanks."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            fields.setdefault(key.strip(), []).append(value.strip())
    return {key: " ".join(values) for key, values in fields.items()}


def _control(file: File) -> bytes:
    stream = compression.open_stream(io.BytesIO(file.content))  # BytesIO shares immutable bytes
    walker = tar.Walker(stream, lambda path: path == ".PKGINFO")
    for entry in walker:
        if entry.interest:
            if entry.size > _MAX_PKGINFO:
                raise LimitExceeded(f".PKGINFO of {entry.size} bytes")
            return walker.window.take(entry.size)
        if walker.window.total > _MAX_BEFORE:
            break
    raise Malformed("not an Alpine package (no .PKGINFO)")
