"""Extensions of PHP (PHP Internals, "The zend_module_entry"): shared objects that tell their own version.

Each holds the text ``API20220829,NTS``, by which it is known, and a record whose pointers are filled in by relocations
when it is loaded::

    offset  0  size of the record (168), 2 bytes
            4  number of the API (20220829), 4 bytes
           88  version, a pointer: "8.2.36", "mysqlnd 8.2.36"

They are called ``php-curl``, as distributions do: ``curl`` is another thing.
"""

from __future__ import annotations

import re
from itertools import islice
from struct import Struct

from assay.formats import purl
from assay.model.component import Component
from assay.model.ecosystem import Content, File, Found

_BUILD = re.compile(rb"API(20\d{6}),N?TS")
_BESIDE = re.compile(rb"\0(\d{1,4}\.\d{1,4}\.\d{1,4}[0-9A-Za-z.+-]{0,20})\0{1,16}API20\d{6},N?TS")
_VERSION = re.compile(r"\d[0-9A-Za-z.+_-]{0,40}")
_SIZE, _AT = 168, 88
_RELATIVE = (8, 1027)
"""Relocations by the base address alone, of x86-64 and AArch64."""
_HEADERS = Struct("<32xQ14xHH")
_SEGMENT = Struct("<IIQQQQ")
_MAX_SEGMENTS = 64
_MAX_RECORDS = 16
"""What looks like one; each costs a walk over the file."""
_MAX_TEXT = 100


def parse(file: File) -> Found:
    """The extension; nothing for a shared object that is none, or does not tell its version."""
    content = file.content
    build = _BUILD.search(content)
    if build is None:
        return Found()
    version = _record(content, int(build[1]))
    if not _VERSION.fullmatch(version):
        beside = _BESIDE.search(content)
        version = beside[1].decode() if beside else ""
    if not version:
        return Found()
    name = f"php-{file.name.removesuffix('.so')}"
    return Found((Component(name, version, purl=purl.attempt("generic", name, version)),))


def _record(content: Content, api: int) -> str:
    """The version by the record; empty where there is none, or it is not one of 64 bits in little-endian order."""
    if content[:6] != b"\x7fELF\2\1" or len(content) < 64:
        return ""
    segments = _segments(content)
    head = re.escape(_SIZE.to_bytes(2, "little")) + b".." + re.escape(api.to_bytes(4, "little"))
    for match in islice(re.finditer(head, content, re.DOTALL), _MAX_RECORDS):
        address = _moved(segments, match.start(), 0, 1)
        text = _text(content, segments, address + _AT) if address is not None else ""
        if text:
            return text.rpartition(" ")[2]
    return ""


def _segments(content: Content) -> list[tuple[int, int, int]]:
    """Offset in the file, address and size of what is loaded."""
    start, size, count = _HEADERS.unpack_from(content)
    found = []
    for number in range(min(count, _MAX_SEGMENTS)):
        at = start + number * size
        if at + _SEGMENT.size <= len(content):
            kind, _, offset, address, _, length = _SEGMENT.unpack_from(content, at)
            found += [(offset, address, length)] if kind == 1 else []
    return found


def _moved(segments: list[tuple[int, int, int]], value: int, source: int, target: int) -> int | None:
    """From an offset in the file (0) to an address (1), or back."""
    for segment in segments:
        if segment[source] <= value < segment[source] + segment[2]:
            return value - segment[source] + segment[target]
    return None


def _text(content: Content, segments: list[tuple[int, int, int]], place: int) -> str:
    """The text that the relocation at an address points to."""
    if place >= 1 << 64:
        return ""
    for kind in _RELATIVE:
        at = content.find(place.to_bytes(8, "little") + kind.to_bytes(8, "little"))
        if at >= 0:
            start = _moved(segments, int.from_bytes(content[at + 16 : at + 24], "little"), 1, 0)
            text = content[start : start + _MAX_TEXT] if start is not None else b""
            return text.partition(b"\0")[0].decode("utf-8", "replace")
    return ""
