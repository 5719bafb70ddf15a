"""``.rpm`` archives (LSB core 5.0, 22.2): lead, signature header, header, payload, which is never read.

::

    lead       96 bytes beginning with ed ab ee db
    signature  8e ad e8 01 00 00 00 00 and a header, padded to 8 bytes
    header     8e ad e8 01 00 00 00 00 and a header (`assay.ecosystems.rpm.header`)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.ecosystems.rpm import header as tags
from assay.ecosystems.rpm import package
from assay.ecosystems.rpm.header import Header
from assay.errors import Malformed
from assay.formats import digest
from assay.model.component import Presence
from assay.model.ecosystem import Content, File, Found, Need

_LEAD = b"\xed\xab\xee\xdb"
_HEADER = b"\x8e\xad\xe8\x01"
_LEAD_SIZE = 96
_MAX_HEADERS = 256 << 20


def parse(file: File) -> Found:
    """The package that the archive would install; what it needs may lie beside it."""
    if file.content[:4] != _LEAD:
        raise Malformed("not an RPM package")
    content = file.content[:_MAX_HEADERS]
    signature = _header(content, _LEAD_SIZE)
    size = 8 + signature.size
    header = _header(content, _LEAD_SIZE + size + -size % 8)
    item = replace(package.component(header, Presence.DECLARED), digests=(digest.sha256(file.content),))
    return Found(
        (item,),
        needs=tuple(Need(item.id, tuple(map(_text, names))) for names in package.requirements(header) if names),
        provides=tuple((_text(name), item.id) for name in dict.fromkeys(_provided(header))),
        scope=f"rpm:archives:{file.folder}",
    )


def _provided(header: Header) -> Iterator[bytes]:
    """The capabilities, and the files that others may need by their path: those that createrepo lists first."""
    yield from header.names(tags.PROVIDENAME)
    for path in header.files().split(b"\n"):
        if path.startswith(b"etc/") or b"bin/" in path or path == b"usr/lib/sendmail":
            yield b"/" + path


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _header(content: Content, position: int) -> Header:
    if content[position : position + 4] != _HEADER:
        raise Malformed("an RPM package without its headers")
    return Header(content if isinstance(content, bytes) else content[:], position + 8)
