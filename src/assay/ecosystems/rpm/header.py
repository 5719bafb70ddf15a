"""The header of an RPM package (LSB core 5.0, 22.2.3; rpm's docs/manual/format_header.md), all integers big-endian.

::

    index length (4)   data length (4)
    tag (4) type (4) offset (4) count (4)      one index entry each
    data                                       strings end with a zero byte; offsets point here

Databases hold headers in this form; in archives ``8e ad e8 01 00 00 00 00`` comes before.
"""

from __future__ import annotations

import struct

from assay.errors import LimitExceeded, Malformed

NAME, VERSION, RELEASE, EPOCH, SUMMARY, VENDOR, LICENSE, PACKAGER = 1000, 1001, 1002, 1003, 1004, 1011, 1014, 1015
GROUP, URL, ARCH, SOURCERPM, PROVIDENAME, REQUIRENAME = 1016, 1020, 1022, 1044, 1047, 1049
OLDFILENAMES, DIRINDEXES, BASENAMES, DIRNAMES = 1027, 1116, 1117, 1118
INSTALLTIME, SIGMD5, MODULARITYLABEL, SOURCEPACKAGE = 1008, 261, 5096, 1106

_WANTED = frozenset(
    {NAME, VERSION, RELEASE, EPOCH, SUMMARY, VENDOR, LICENSE, PACKAGER, GROUP, URL, ARCH, SOURCERPM, PROVIDENAME}
    | {REQUIRENAME, OLDFILENAMES, DIRINDEXES, BASENAMES, DIRNAMES, INSTALLTIME, SIGMD5, MODULARITYLABEL}
    | {SOURCEPACKAGE}
)
_MAX_ENTRIES = 64 << 10
_MAX_COUNT = 4 << 20
_INT16, _INT32, _STRING, _BINARY, _STRINGS, _TRANSLATED = 3, 4, 6, 7, 8, 9
_LENGTHS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")


class Header:
    """The entries of a header that matter here, read when asked for; what is missing is empty."""

    __slots__ = ("_data", "_entries", "size")

    def __init__(self, blob: bytes, position: int = 0) -> None:
        """Read the index; `size` is that of the whole header. Raises `Malformed` where it does not add up."""
        if position + 8 > len(blob):
            raise Malformed("an RPM header that is cut off")
        entries, length = _LENGTHS.unpack_from(blob, position)
        if entries > _MAX_ENTRIES:
            raise LimitExceeded(f"an RPM header of {entries} entries")
        start = position + 8 + 16 * entries
        if not entries or start + length > len(blob):
            raise Malformed("an RPM header that is longer than its file")
        index = blob[position + 8 : start]
        self._entries = {entry[0]: entry for entry in _ENTRY.iter_unpack(index) if entry[0] in _WANTED}
        self._data = blob[start : start + length]
        self.size = 8 + 16 * entries + length

    def text(self, tag: int) -> str:
        """A string; of translated ones the first (the C locale's)."""
        entry = self._entries.get(tag)
        if entry is None or entry[1] not in (_STRING, _STRINGS, _TRANSLATED):
            return ""
        end = self._data.find(b"\0", entry[2])
        return self._data[entry[2] : end if end >= 0 else None].decode("utf-8", "replace").strip()

    def names(self, tag: int) -> list[bytes]:
        """The raw strings of an array."""
        entry = self._entries.get(tag)
        if entry is None or entry[1] not in (_STRING, _STRINGS):
            return []
        if entry[3] > _MAX_COUNT:
            raise LimitExceeded(f"an RPM header with {entry[3]} strings in a tag")
        return self._data[entry[2] :].split(b"\0", entry[3])[: entry[3]]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The integers of an array."""
        entry = self._entries.get(tag)
        if entry is None or entry[1] not in (_INT16, _INT32):
            return ()
        width = 2 if entry[1] == _INT16 else 4
        if entry[3] > _MAX_COUNT or entry[2] + width * entry[3] > len(self._data):
            raise Malformed("an RPM header whose numbers lie outside of it")
        return struct.unpack_from(f">{entry[3]}{'H' if width == 2 else 'I'}", self._data, entry[2])

    def binary(self, tag: int) -> bytes:
        """A value of raw bytes."""
        entry = self._entries.get(tag)
        return self._data[entry[2] : entry[2] + entry[3]] if entry is not None and entry[1] == _BINARY else b""

    def files(self) -> bytes:
        """All paths of the package, relative to the root, one a line."""
        folders, bases, indexes = self.names(DIRNAMES), self.names(BASENAMES), self.numbers(DIRINDEXES)
        if not bases:
            return b"\n".join(name.lstrip(b"/") for name in self.names(OLDFILENAMES))
        folders = [folder.lstrip(b"/") for folder in folders]
        known = len(folders)
        return b"\n".join([folders[index] + base for index, base in zip(indexes, bases, strict=False) if index < known])
