"""File content for parsers: bytes while small, a memory map of an unlinked temporary file when large."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable

from assay.errors import InputError
from assay.model.ecosystem import Content

MAPPED_FROM = 8 << 20
"""Bytes; what is larger is mapped, so that memory stays bounded."""


def spool(chunks: Iterable[memoryview], size: int) -> Content:
    """The content of `size` bytes out of a stream of chunks; raises `InputError` where the stream ends before."""
    if size <= MAPPED_FROM:
        data = b"".join(bytes(chunk) for chunk in chunks)
        if len(data) < size:
            raise InputError(f"content ends after {len(data)} of {size} bytes")
        return data
    import tempfile

    with tempfile.TemporaryFile(prefix="assay-") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        if (there := file.tell()) < size:
            raise InputError(f"content ends after {there} of {size} bytes")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def load(descriptor: int, size: int) -> Content:
    """The content of an open regular file; what it really holds counts, not what `size` promised."""
    if size > MAPPED_FROM:
        try:
            return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            pass  # a file system without memory maps, or a file that shrank: read it
    parts = []
    left = max(size, 0) + MAPPED_FROM
    while left > 0 and (part := os.read(descriptor, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
