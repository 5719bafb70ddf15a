"""Changes the live set: new shards are written beside the old ones, then the manifest is replaced by rename.

Whatever goes wrong before the rename (a full disk, a kill, a bad file) leaves the old set whole, and what was written
for the new one is taken away, for it may be what fills the disk. One writer at a time holds ``.lock``; the kernel lets
it go with the process.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.store import FOLDER
from assay.errors import ExternalError, InputError, Malformed
from assay.model.advisory_store import Shard

PATIENCE_SECONDS = 60.0
KEEP_SECONDS = 3600.0
"""A shard that no manifest names any more stays for so long: somebody may have opened the old one a moment ago."""


class Writer:
    """Holds the lock of a store; stage shards with `stage` or `adopt`, make them live with `commit`."""

    def __init__(self, folder: Path, shards: dict[str, Shard]) -> None:
        self.folder = folder
        self._shards = shards
        self._new: list[Path] = []
        self._live = {shard.digest for shard in shards.values()}

    @property
    def shards(self) -> dict[str, Shard]:
        """The set as it will be."""
        return dict(self._shards)

    def stage(self, builder: ShardBuilder, about: Callable[[str, int], Shard]) -> Shard:
        """Write a shard; `about` makes its entry from digest and size."""
        temporary = self._temporary()
        try:
            temporary.unlink()
            _write(builder, temporary)
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
        self._new.clear()
        now = {shard.digest for shard in self._shards.values()}
        for digest in self._live - now:
            with suppress(OSError):
                os.utime(self._path(digest))  # from now on it is kept for those who have just opened the old manifest
        self._live = now
        self.collect()
        return made

    def abandon(self) -> None:
        """Take away what was staged and never became live: a commit may have failed after the rename, too."""
        known = None
        with suppress(ExternalError):
            known = manifests.load(self.folder / manifests.NAME)
        live = {self._path(shard.digest) for shard in known.shards.values()} if known else set()
        for path in self._new:
            if path not in live:
                path.unlink(missing_ok=True)

    def _temporary(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self.folder / FOLDER, prefix=".building-")
        os.close(descriptor)
        return Path(name)

    def _path(self, digest: str) -> Path:
        return self.folder / FOLDER / f"{digest.removeprefix('sha256:')}.sqlite"

    def _settle(self, temporary: Path, shard: Shard) -> None:
        """Give a whole shard its name."""
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o444)
        path = self._path(shard.digest)
        if not path.exists():
            self._new.append(path)
        temporary.replace(path)
        self._shards[shard.feed] = shard

    def collect(self) -> None:
        """Drop what no manifest names any more, and what a killed writer left."""
        live = {self._path(shard.digest).name for shard in self._shards.values()}
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
        writer = Writer(folder, dict(known.shards) if known else {})
        if known:
            writer.collect()  # a disk that a killed writer has filled must be of use again
        try:
            yield writer
        except BaseException:
            writer.abandon()
            raise
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


def _write(builder: ShardBuilder, path: Path) -> None:
    """SQLite tells a full disk in words of its own."""
    try:
        builder.write(path)
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
