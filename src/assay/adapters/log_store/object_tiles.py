"""What of a log lies in an object store: full tiles, written once, and the newest checkpoint, which only grows.

::

    PREFIX/log/tile/0/000         full tiles and bundles, as C2SP tlog-tiles names them
    PREFIX/log/checkpoint         replaced where it is as it was last seen (If-Match)
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from assay.adapters.log_store.sql_log import Step
from assay.adapters.object_store import Changed, ObjectStore
from assay.errors import ExternalError, InternalError
from assay.formats import tlog_note

_AT_ONCE = 8
_TRIES = 8


class ObjectTiles:
    """The tiles of the log `name`."""

    def __init__(self, objects: ObjectStore, name: str, step: Step) -> None:
        self._objects, self._name, self._step = objects, name, step

    def read(self, path: str) -> bytes | None:
        """A tile, or None."""
        found = self._objects.get(f"{self._name}/{path}")
        return found[0] if found is not None else None

    def write(self, tiles: Sequence[tuple[str, bytes]]) -> None:
        """Write tiles; raises `InternalError` where another tile is there already: somebody else's tree."""
        for path, _ in tiles:
            self._step(f"put {path}")
        with ThreadPoolExecutor(min(_AT_ONCE, len(tiles)), "tiles") as pool:
            for done in [pool.submit(self._put, path, data) for path, data in tiles]:
                done.result()

    def _put(self, path: str, data: bytes) -> None:
        try:
            self._objects.put(f"{self._name}/{path}", data, None)
        except Changed as error:
            if self.read(path) != data:
                remedy = "does another instance use the same prefix? Give each its own"
                raise InternalError(f"{self._objects.where} holds another {self._name}/{path}", remedy) from error


class PublishedCheckpoint:
    """The object ``checkpoint``; it never goes back, whoever writes it."""

    def __init__(self, objects: ObjectStore, name: str, step: Step) -> None:
        self._objects, self._name, self._step = objects, f"{name}/checkpoint", step
        self._tag: str | None = None
        self._seen = b""

    def read(self) -> bytes:
        """The newest one; empty where there is none."""
        found = self._objects.get(self._name)
        self._seen, self._tag = found if found is not None else (b"", None)
        return self._seen

    def write(self, checkpoint: bytes) -> None:
        """Put a checkpoint there, unless a newer one is there already; raises `ExternalError`, `InternalError`."""
        for _ in range(_TRIES):
            if self._seen and not _newer(checkpoint, self._seen):
                return
            self._step("publish")
            try:
                self._tag = self._objects.put(self._name, checkpoint, self._tag)
                self._seen = checkpoint
                return
            except Changed:
                self.read()
        raise ExternalError(f"{self._objects.where}: somebody else writes {self._name} all the time", "see who does")


def _newer(mine: bytes, there: bytes) -> bool:
    """Whether `mine` may replace what is there; raises `InternalError` for another tree of the same size."""
    ours, found = tlog_note.checkpoint(mine.decode()), tlog_note.checkpoint(there.decode("utf-8", "replace"))
    if ours.origin != found.origin or (ours.size == found.size and ours.root != found.root):
        raise InternalError("the object store shows a checkpoint of another tree", "does another instance use it?")
    return ours.size > found.size
