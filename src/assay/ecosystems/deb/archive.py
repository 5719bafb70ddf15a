"""``.deb`` archives (deb(5)): an ar(1) archive of ``debian-binary``, ``control.tar[.gz|.xz|.zst]``, ``data.tar.*``.

::

    !<arch>\\n
    debian-binary   1700000000  0     0     100644  4         `\\n
    NAME (16) TIME (12) OWNER (6) GROUP (6) MODE (8) SIZE (10) MAGIC (2), contents padded to an even length

The control member holds ``./control``; of the data only ``./usr/share/doc/PACKAGE/copyright`` is read, as far as it is
to be had in the first `_MAX_DATA` bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from assay.ecosystems.deb import copyright, package
from assay.ecosystems.deb.assembly import licenses_of
from assay.ecosystems.deb.control import paragraphs
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, digest, tar
from assay.model.component import Presence
from assay.model.ecosystem import Content, File, Found
from assay.model.license import License
from assay.model.sbom import Skipped

_MAGIC = b"!<arch>\n"
_MAX_MEMBERS = 1_000
"""Real ones have three to five; a header takes 60 bytes, and the file may be large."""
_MAX_CONTROL = 64 << 20
_MAX_COPYRIGHT = 4 << 20
_MAX_DATA = 256 << 20
_CACHE = "/var/cache/apt/archives/"
"""What lies here is mostly installed too, with its copyright file: unpacking it again would only cost time."""


def parse(file: File) -> Found:
    """The package that the archive would install."""
    if file.content[:8] != _MAGIC:
        raise Malformed("not a Debian archive (no ar archive)")
    parts = list(_members(file.content))
    control = next((part for part in parts if part.name.startswith("control.tar")), None)
    if control is None:
        raise Malformed("a Debian archive without control.tar")
    paragraph = next(paragraphs(_control(_bytes(file.content, control)).decode("utf-8", "replace")), {})
    if not paragraph.get("Package") or not paragraph.get("Version"):
        raise Malformed("a Debian archive whose control file names no package and version")
    item = package.component(paragraph, presence=Presence.DECLARED)
    licenses, fault = ((), "") if _CACHE in f"/{file.path}" else _licenses(file.content, parts[-1], item.name)
    item = replace(item, digests=(digest.sha256(file.content),), licenses=item.licenses or licenses)
    return Found(
        (item,),
        needs=tuple(package.needs(paragraph, several=True)),
        provides=tuple(package.provides(paragraph, several=True)),
        scope=f"deb:archives:{file.folder}",
        skipped=(Skipped(file.path, fault),) if fault else (),
    )


class _Part(NamedTuple):
    """A member of the ar archive: where its content begins, and how long it says that it is."""

    name: str
    start: int
    size: int


def _members(content: Content) -> Iterator[_Part]:
    """The members up to ``data.tar``."""
    position = len(_MAGIC)
    for _ in range(_MAX_MEMBERS):
        if position + 60 > len(content):
            return
        header = content[position : position + 60]
        name = header[:16].decode("latin-1").strip().rstrip("/")
        digits = header[48:58].strip()
        if header[58:60] != b"`\n" or not digits.isdigit():
            raise Malformed("a damaged header in an ar archive")
        yield _Part(name, position + 60, int(digits))
        if name.startswith("data.tar"):
            return
        position += 60 + int(digits) + (int(digits) & 1)
    raise LimitExceeded(f"an ar archive with more than {_MAX_MEMBERS} members")


def _bytes(content: Content, part: _Part) -> bytes:
    if part.size > _MAX_CONTROL:
        raise LimitExceeded(f"member {part.name} of {part.size} bytes (at most {_MAX_CONTROL})")
    if part.start + part.size > len(content):
        raise Malformed(f"an ar archive that ends within {part.name}")
    return content[part.start : part.start + part.size]


class _Stream:
    """The content of a member, read forward."""

    def __init__(self, content: Content, part: _Part) -> None:
        self._content, self._at, self._end = content, part.start, part.start + part.size

    def readinto(self, buffer: memoryview, /) -> int:
        piece = self._content[self._at : min(self._at + len(buffer), self._end)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class _First:
    """The first `left` bytes of a stream: a package may unpack to more than is good for anybody."""

    def __init__(self, raw: compression.ByteStream, left: int) -> None:
        self._raw, self.left = raw, left

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._raw.readinto(buffer[: self.left]) if self.left else 0
        self.left -= count
        return count


def _licenses(content: Content, data: _Part, name: str) -> tuple[tuple[License, ...], str]:
    """The licences of the copyright file in the data, and what is wrong with the data."""
    if not data.name.startswith("data.tar"):
        return (), "a Debian archive without data.tar"
    place = f"usr/share/doc/{name}/copyright"
    try:
        stream = _First(compression.open_stream(_Stream(content, data)), _MAX_DATA)
        walker = tar.Walker(stream, place.__eq__)
        for entry in walker:
            if entry.interest and entry.size <= _MAX_COPYRIGHT:
                found = copyright.parse(File(place, walker.window.take(entry.size)))
                return licenses_of(found.facts), ""
    except Malformed as error:
        return (), f"{data.name}: {error}"
    return (), f"{data.name}: {walker.truncated}" if walker.truncated and stream.left else ""


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
