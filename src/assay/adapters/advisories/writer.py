"""Changes the live set: new shards are written beside the old ones, then the manifest is replaced by rename.

Whatever goes wrong before the rename (a full disk, a kill, a bad file) leaves the old set whole. One writer at a time
holds ``.lock``; the kernel lets it go with the process.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.store import FOLDER
from assay.errors import ExternalError, InputError, Malformed
from assay.model.advisory_store import Shard

PATIENCE_SECONDS = 60.0
KEEP_SECONDS = 3600.0
"""A shard that no manifest names stays for so long: somebody may have opened the old manifest a moment ago."""


class Writer:
    """Holds the lock of a store; stage shards with `stage` or `adopt`, make them live with `commit`."""

    def __init__(self, folder: Path, shards: dict[str, Shard]) -> None:
        self.folder = folder
        self._shards = shards

    @property
    def shards(self) -> dict[str, Shard]:
        """The set as it will be."""
        return dict(self._shards)

    def stage(self, builder: ShardBuilder, about: Callable[[str, int], Shard]) -> Shard:
        """Write a shard; `about` makes its entry from digest and size."""
        temporary = self._temporary()
        try:
            temporary.unlink()
            builder.write(temporary)
            shard = about(_digest(temporary), temporary.stat().st_size)
            self._settle(temporary, shard)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return shard

    def adopt(self, name: str, shard: Shard, pieces: Iterator[bytes]) -> None:
        """Take a shard that somebody else built; raises `Malformed` when it is not what its digest says."""
        if not is_current(shard):
            raise InputError(
                f"the shard {name} was made by another version of assay (schema {shard.schema})",
                "update assay here or there, or fetch the source itself",
            )
        temporary = self._temporary()
        try:
            with temporary.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            found = _digest(temporary)
            if found != shard.digest:
                raise Malformed(f"the shard {name} is not what its digest says (wanted {shard.digest}, found {found})")
            self._settle(temporary, shard)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._shards[name] = shard

    def confirm(self, name: str, moment: str) -> None:
        """A source was found unchanged."""
        self._shards[name] = self._shards[name]._replace(confirmed=moment)

    def drop(self, name: str) -> None:
        """Leave a source out."""
        self._shards.pop(name, None)

    def commit(self, created: str) -> manifests.Manifest:
        """Make the staged set the live one."""
        made = manifests.write(self.folder / manifests.NAME, self._shards, created)
        self._collect()
        return made

    def _temporary(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self.folder / FOLDER, prefix=".building-")
        os.close(descriptor)
        return Path(name)

    def _settle(self, temporary: Path, shard: Shard) -> None:
        """Give a whole shard its name."""
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o444)
        temporary.replace(self.folder / FOLDER / f"{shard.digest.removeprefix('sha256:')}.sqlite")
        self._shards[shard.feed] = shard

    def _collect(self) -> None:
        """Drop what no manifest names any more, and what a killed writer left."""
        live = {f"{shard.digest.removeprefix('sha256:')}.sqlite" for shard in self._shards.values()}
        now = time.time()
        for path in (self.folder / FOLDER).iterdir():
            old = now - path.stat().st_mtime > KEEP_SECONDS
            if path.name.startswith(".building-") or (path.name not in live and old):
                path.unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """The writer of a store, which is made where there is none; waits a minute for another one to end."""
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ExternalError(
            f"{folder} cannot be written: {error.strerror}", "name another place: --data-dir"
        ) from error
    try:
        _acquire(lock)
        try:
            known = manifests.load(folder / manifests.NAME)
        except ExternalError:
            known = None  # what cannot be read is made anew
        yield Writer(folder, dict(known.shards) if known else {})
    except OSError as error:
        remedy = "free some space; the old data is untouched" if error.errno == errno.ENOSPC else "check the folder"
        raise ExternalError(f"the advisory store cannot be written: {error.strerror}", remedy) from error
    finally:
        os.close(lock)


def _acquire(lock: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise ExternalError("another update of the advisory store is running", "wait for it to end") from None
            time.sleep(0.1)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
