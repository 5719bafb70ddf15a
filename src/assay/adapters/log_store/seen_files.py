"""What a witness has signed last, one small file for each log."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from assay.adapters.log_store.tile_files import sync
from assay.errors import ExternalError, InternalError


class SeenFiles:
    """See `assay.engines.log.witness.Seen`; the file is named by the digest of the origin."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest()

    def get(self, origin: str) -> tuple[int, bytes] | None:
        """Size and root."""
        try:
            size, root = self._path(origin).read_text().split()
            return int(size), bytes.fromhex(root)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise InternalError(f"what the witness remembers of {origin!r} is damaged", "restore it") from error

    def put(self, origin: str, size: int, root: bytes) -> None:
        """Keep them; they are on disk when this returns."""
        path = self._path(origin)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.with_suffix(".new").open("w") as file:
                file.write(f"{size} {root.hex()}\n")
                file.flush()
                os.fsync(file.fileno())
            path.with_suffix(".new").replace(path)
            sync(self._folder)
        except OSError as error:
            raise ExternalError(f"the witness cannot write: {error}", "make room on the disk") from error
