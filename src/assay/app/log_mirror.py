"""Copies of a tiled log in a folder: verified, taken up where they stopped, and readable as the log itself.

::

    FOLDER/checkpoint        the newest one that was copied; written last
    FOLDER/tile/…            hash tiles and bundles of entries (C2SP tlog-tiles)

Only bundles are copied: the hash tiles are computed from them, and must make up the root of the checkpoint.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from assay.adapters.log_source.tiles import FolderTiles
from assay.adapters.log_store.tile_files import TileFiles
from assay.adapters.sigstore_instance.material import replace
from assay.app.log_entries import Advance
from assay.app.log_places import LogPlace, Shown
from assay.engines.log.reading import TiledLog
from assay.engines.log.tree import Tree
from assay.errors import AssayError, ExternalError, InternalError, Refused
from assay.formats import tlog_note, tlog_tile
from assay.model.bundle import Checkpoint
from assay.trust import merkle

_WIDTH = tlog_tile.WIDTH


class Mirror:
    """A copy in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = TileFiles(folder, lambda _: None)
        self._here = FolderTiles(folder)

    def known(self) -> Checkpoint | None:
        """What was copied last."""
        path = self.folder / "checkpoint"
        return tlog_note.checkpoint(self._here.checkpoint().decode("utf-8", "replace")) if path.exists() else None

    def update(self, place: LogPlace, advance: Advance, origin: str = "") -> Shown:
        """Bring it up to date; the newest checkpoint. Raises `Refused` where the log does not fit what was copied."""
        source = place.tiles(origin)
        shown = place.checkpoint(source)
        there = TiledLog(shown.checkpoint, source)
        old = self.known()
        if old is not None:
            _same_log(old, shown.checkpoint)
            there.grew_out_of(old)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._copy(there, old, advance)
            replace(self.folder / "checkpoint", shown.text.encode())
        except OSError as error:
            raise ExternalError(f"{self.folder} cannot be written: {error}", "make room on the disk") from error
        return shown

    def _copy(self, there: TiledLog, old: Checkpoint | None, advance: Advance) -> None:
        tree = self._begun(old)
        advance(tree.size)
        while tree.size < there.size:
            number, offset = divmod(tree.size, _WIDTH)
            entries = self._bundle(there, number)
            if any(
                entry_hash != merkle.leaf(entry)
                for entry_hash, entry in zip(there.hashes(number), entries, strict=True)
            ):
                raise Refused(f"the bundle {number} of the log changed while it was copied")
            filled = []
            for entry in entries[offset:]:
                filled += tree.add(merkle.leaf(entry))
            written = [(tlog_tile.path(level, at), data) for level, at, data in filled]
            path = tlog_tile.path(tlog_tile.ENTRIES, number, len(entries))
            self._files.write([(path, tlog_tile.bundle(entries)), *written])
            for done, _ in written:
                shutil.rmtree(self.folder / f"{done}.p", ignore_errors=True)
            if len(entries) == _WIDTH:
                shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)
            advance(len(entries) - offset)
        if tree.root() != there.checkpoint.root:
            raise InternalError("the copied entries do not make up the root of the checkpoint")
        self._edge(tree)

    def _begun(self, old: Checkpoint | None) -> Tree:
        """The tree that is copied already: that of the checkpoint, if its tiles are whole."""
        if old is None or not old.size:
            return Tree(0, [], lambda _: None)
        try:
            TiledLog(old, self._here)
        except Refused as error:
            raise Refused(
                f"the copy in {self.folder} is damaged: {error.what}", "copy it anew, to another folder"
            ) from error
        edge, level = [], 0
        while old.size >> (8 * level):
            number, width = divmod(old.size >> (8 * level), _WIDTH)
            data = self._here.tile(tlog_tile.path(level, number, width)) if width else b""
            edge.append((data or self._here.tile(tlog_tile.path(level, number)) or b"")[: width * 32])
            level += 1
        return Tree(old.size, edge, self._here.tile)

    def _bundle(self, there: TiledLog, number: int) -> list[bytes]:
        """The one that an interrupted run copied, if it is right; else that of the log."""
        hashes = there.hashes(number)
        data = self._here.tile(tlog_tile.path(tlog_tile.ENTRIES, number, len(hashes)))
        if data is not None:
            try:
                entries = tlog_tile.entries(data, len(hashes))
            except AssayError:
                entries = []
            if [merkle.leaf(entry) for entry in entries] == hashes:
                return entries
        return there.bundle(number)

    def _edge(self, tree: Tree) -> None:
        tiles = []
        for level, data in enumerate(tree.edge):
            if data:
                number = (tree.size >> (8 * level)) // _WIDTH
                tiles.append((tlog_tile.path(level, number, len(data) // 32), data))
        self._files.write(tiles)


def _same_log(old: Checkpoint, new: Checkpoint) -> None:
    if old.origin != new.origin:
        raise Refused(
            f"the copy is of the log {old.origin!r}, the log now is {new.origin!r}",
            "copy each log into a folder of its own",
        )
    if new.size < old.size:
        raise Refused(
            f"the log shows {new.size} entries, but {old.size} were copied: it took entries back",
            "keep the copy: it proves that; and tell the log's operator",
        )
