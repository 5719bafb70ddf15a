"""``.deb`` archives (deb(5)): an ar(1) archive of ``debian-binary``, ``control.tar[.gz|.xz|.zst]``, ``data.tar.*``.

::

    !<arch>\\n
    debian-binary   1700000000  0     0     100644  4         `\\n
    NAME (16) TIME (12) OWNER (6) GROUP (6) MODE (8) SIZE (10) MAGIC (2), contents padded to an even length

Only the control member is unpacked; it holds ``./control``.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace

from assay.ecosystems.deb import package
from assay.ecosystems.deb.control import paragraphs
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, tar
from assay.model.component import Presence
from assay.model.digest import Algorithm, Digest
from assay.model.ecosystem import Content, File, Found

_MAGIC = b"!<arch>\n"
_MAX_CONTROL = 64 << 20


def parse(file: File) -> Found:
    """The package that the archive would install."""
    if file.content[:8] != _MAGIC:
        raise Malformed("not a Debian archive (no ar archive)")
    member = next((data for name, data in members(file.content) if name.startswith("control.tar")), None)
    if member is None:
        raise Malformed("a Debian archive without control.tar")
    paragraph = next(paragraphs(_control(member).decode("utf-8", "replace")), {})
    if not paragraph.get("Package") or not paragraph.get("Version"):
        raise Malformed("a Debian archive whose control file names no package and version")
    item = package.component(paragraph, presence=Presence.DECLARED)
    digest = Digest(Algorithm.SHA256, hashlib.sha256(file.content).hexdigest())
    return Found((replace(item, digests=(digest,)),), scope=file.path)


def members(content: Content) -> Iterator[tuple[str, bytes]]:
    """The members before ``data.tar``, which is never read."""
    position = len(_MAGIC)
    while position + 60 <= len(content):
        header = content[position : position + 60]
        name = header[:16].decode("latin-1").strip().rstrip("/")
        digits = header[48:58].strip()
        if header[58:60] != b"`\n" or not digits.isdigit():
            raise Malformed("a damaged header in an ar archive")
        size = int(digits)
        if name.startswith("data.tar"):
            return
        if size > _MAX_CONTROL:
            raise LimitExceeded(f"member {name} of {size} bytes (at most {_MAX_CONTROL})")
        if position + 60 + size > len(content):
            raise Malformed(f"an ar archive that ends within {name}")
        yield name, content[position + 60 : position + 60 + size]
        position += 60 + size + (size & 1)


def _control(member: bytes) -> bytes:
    stream = compression.open_stream(io.BytesIO(member))
    walker = tar.Walker(stream, lambda path: path == "control")
    for entry in walker:
        if entry.interest:
            if entry.size > _MAX_CONTROL:
                raise LimitExceeded(f"control file of {entry.size} bytes")
            return walker.window.take(entry.size)
        if walker.window.total > 4 * _MAX_CONTROL:
            raise LimitExceeded("control.tar is too large")
    raise Malformed("control.tar without a control file")
