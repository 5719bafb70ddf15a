"""Findings of layers on disk (`assay.ports.FindingsCache`): one file each, the least recently used go first.

Files are written beside their name and renamed, so that concurrent runs see a whole value or none; a value begins
with its own SHA-256, so that one cut off by a full disk counts as absent.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 512 << 20
_DIGEST = 32


class FindingsCache:
    """A bounded cache in `folder`, made when first needed."""

    def __init__(self, folder: Path, limit: int = MAX_BYTES) -> None:
        self._folder = folder
        self._limit = limit

    def get(self, key: str) -> memoryview | None:
        """The value; None where it is not there or damaged."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        value = memoryview(data)[_DIGEST:]
        return value if hashlib.sha256(value).digest() == data[:_DIGEST] else None

    def put(self, key: str, value: bytes) -> None:
        """Keep the value; a disk that is full or read-only costs only the speed of the next run."""
        name = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".part-", dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(value).digest())
                file.write(value)
            Path(name).replace(self._path(key))
            self._trim()
        except OSError:
            if name is not None:
                with suppress(OSError):
                    Path(name).unlink()

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _trim(self) -> None:
        entries = []
        for entry in os.scandir(self._folder):
            with suppress(OSError):
                status = entry.stat()
                entries.append((status.st_mtime, status.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._limit:
                break
            with suppress(OSError):
                Path(path).unlink()
            total -= size
