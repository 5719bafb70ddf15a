"""Write-ahead logs beside SQLite databases (SQLite, "WAL-mode File Format"): changes that are not in the database yet.

A header of 32 bytes, then frames, each with a header of 24 bytes and a page::

    377f0682 | version | page size | number | salt | salt | checksums
    page number | size of the database after a commit, else 0 | salt | salt | checksums | page

Frames with other salts are left over from before. A program that closes its database leaves none.
"""

from __future__ import annotations

from struct import Struct

from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_HEADER = Struct(">IIIIII")
_FRAME = Struct(">IIII")
_MAGIC = (0x377F0682, 0x377F0683)
_HEADER_SIZE, _FRAME_SIZE = 32, 24


def parse(file: File) -> Found:
    """Nothing but the word that the database beside is behind, where it may be."""
    pages = committed(file.data)
    if not pages:
        return Found()
    return Found(skipped=(Skipped(file.path, f"{pages} changes that may not be in the database beside it yet"),))


def committed(data: bytes) -> int:
    """How many pages the log changes, up to its last commit."""
    if len(data) < _HEADER_SIZE:
        return 0
    magic, _, page_size, _, *salts = _HEADER.unpack_from(data)
    if magic not in _MAGIC or not 512 <= page_size <= 65_536:
        return 0
    pages, settled = set[int](), 0
    for at in range(_HEADER_SIZE, len(data) - _FRAME_SIZE - page_size + 1, _FRAME_SIZE + page_size):
        number, size, *mine = _FRAME.unpack_from(data, at)
        if mine != salts:
            break
        pages.add(number)
        settled = len(pages) if size else settled
    return settled
