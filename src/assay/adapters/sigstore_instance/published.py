"""The newest checkpoint that each log of an instance has shown, kept beside the instance's folder.

::

    DATA_DIR/sigstore/                the instance
    DATA_DIR/sigstore.published/log   a checkpoint

It outlives the instance's folder, so that a backup which is behind what was shown is not put back unawares. It is
written before the checkpoint is shown, and synchronised every second: after a power failure it may be that much behind.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from assay.errors import AssayError, InputError
from assay.formats import tlog_note
from assay.model.bundle import Checkpoint

_SYNC = 1.0


def place(folder: Path) -> Path:
    """Where the checkpoints of the instance in a folder are kept."""
    return folder.with_name(f"{folder.name}.published")


class Record:
    """That of one log, by the name of its folder."""

    def __init__(self, folder: Path, log: str) -> None:
        self._path = place(folder) / log
        self._synced = 0.0

    def keep(self, checkpoint: bytes) -> None:
        """Keep a checkpoint that is about to be shown; raises `OSError`."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        beside = self._path.with_name(f".{self._path.name}.new")
        with beside.open("wb") as file:
            file.write(checkpoint)
            file.flush()
            if time.monotonic() - self._synced > _SYNC:
                os.fsync(file.fileno())
                self._synced = time.monotonic()
        beside.replace(self._path)


def known(folder: Path) -> dict[str, Checkpoint]:
    """The checkpoints of all logs of an instance, by the name of their folder; raises `InputError`."""
    found: dict[str, Checkpoint] = {}
    if not place(folder).is_dir():
        return found
    for path in sorted(place(folder).glob("[!.]*")):
        try:
            found[path.name] = tlog_note.checkpoint(path.read_text())
        except (OSError, UnicodeDecodeError, AssayError) as error:
            remedy = "give the newest checkpoint that was seen outside: --published FILE, and move that file away"
            raise InputError(f"{path} is no checkpoint: {error}", remedy) from error
    return found
