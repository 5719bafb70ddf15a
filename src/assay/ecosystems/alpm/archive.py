"""``.pkg.tar.zst`` and its elders: a compressed tar that begins with ``.PKGINFO`` (PKGBUILD(5), makepkg).

::

    pkgname = pacman
    pkgver = 6.0.2-3
    arch = x86_64
    depend = glibc>=2.38
"""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import replace

from assay.ecosystems.alpm import package
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, digest, tar
from assay.model.component import Presence
from assay.model.ecosystem import File, Found

_NAMES = {"pkgname": "name", "pkgver": "version", "pkgbase": "base", "pkgdesc": "desc", "depend": "depends"}
_MAX_PKGINFO = 4 << 20
_MAX_BEFORE = 64 << 20
"""What may come before ``.PKGINFO``; makepkg puts only the build information and the file list there."""


def parse(file: File) -> Found:
    """The package that the archive would install; what it needs may lie beside it.

    Archives without ``.PKGINFO`` are none of pacman's.
    """
    fields = pkginfo(_control(file).decode("utf-8", "replace"))
    if not package.first(fields, "name") or not package.first(fields, "version"):
        raise Malformed("a .PKGINFO without name or version")
    item = replace(package.component(fields, Presence.DECLARED), digests=(digest.sha256(file.content),))
    provides = tuple((name, item.id) for name in package.words(fields.get("provides", ())))
    return Found((item,), needs=package.needs(fields), provides=provides, scope=f"alpm:archives:{file.folder}")


def pkginfo(text: str) -> package.Fields:
    """The fields under their names in the local database."""
    fields: dict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            fields[_NAMES.get(key.strip(), key.strip())].append(value.strip())
    return fields


def _control(file: File) -> bytes:
    walker = tar.Walker(compression.open_stream(io.BytesIO(file.content)), lambda path: path == ".PKGINFO")
    for entry in walker:
        if entry.interest:
            if entry.size > _MAX_PKGINFO:
                raise LimitExceeded(f".PKGINFO of {entry.size} bytes")
            return walker.window.take(entry.size)
        if walker.window.total > _MAX_BEFORE:
            break
    raise Malformed("not a pacman package (no .PKGINFO)")
