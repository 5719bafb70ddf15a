"""Full tiles as files: written once, after they were committed elsewhere, and never changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

Step = Callable[[str], None]
"""Hears of every write before it takes place (tests stop the process there)."""


class TileFiles:
    """The folder of a log's tiles; paths come from `assay.formats.tlog_tile.path` alone."""

    def __init__(self, folder: Path, step: Step) -> None:
        self.folder = folder
        self._step = step

    def read(self, path: str) -> bytes | None:
        """A tile, or None."""
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, tiles: Iterable[tuple[str, bytes]]) -> None:
        """Write tiles durably; raises `OSError`."""
        folders: dict[Path, None] = {}
        for path, data in tiles:
            target = self.folder / path
            self._folders(target.parent)
            self._write(target, data)
            folders[target.parent] = None
        for folder in folders:
            self._step(f"sync {folder.name}")
            sync(folder)

    def _folders(self, folder: Path) -> None:
        """Make a folder and those above it, each durable in its parent."""
        if folder.is_dir():
            return
        self._folders(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)

    def _write(self, target: Path, data: bytes) -> None:
        beside = target.with_name(f"{target.name}.new")
        self._step(f"write {target.name}")
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            self._step(f"fsync {target.name}")
            os.fsync(file.fileno())
        self._step(f"rename {target.name}")
        beside.replace(target)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
