"""Reads of a tiled log that nobody has to be believed for: everything is checked against a signed checkpoint.

1. The right edge of the tree is read, and must make up the root of the checkpoint.
2. A tile is good where a proof made of it leads to that root: the proof for its first leaf needs all its other hashes.
3. A bundle of entries is good where the hashes of its entries are those of its tile.

A log that claims more entries than it has lacks the tiles of its edge, and is refused at the first step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from assay.engines.log.tree import EMPTY_ROOT, Tree
from assay.errors import InternalError, Malformed, Refused
from assay.formats import tlog_tile
from assay.model.bundle import Checkpoint
from assay.ports import TileSource
from assay.trust import merkle

_WIDTH = tlog_tile.WIDTH
_MOST = 1 << 48
"""Entries of the largest tree that is read: no log has come near it."""


class TiledLog:
    """The tree of one checkpoint, read from a source; raises `Refused` where the source has another one."""

    def __init__(self, shown: Checkpoint, source: TileSource) -> None:
        if shown.size > _MOST:
            raise Refused(f"{source.name} claims {shown.size} entries, more than any log has", "look at the checkpoint")
        self.checkpoint, self._source = shown, source
        self._tree = Tree(shown.size, [] if not shown.size else self._edge(), self._full)
        root = self._guarded(self._tree.root)
        if root != shown.root:
            raise Refused(
                f"the tiles of {source.name} make up the root {root.hex()[:16]}…,"
                f" its checkpoint of {shown.size} entries has {shown.root.hex()[:16]}…",
                "the log was rewritten, or its tiles are damaged: trust neither",
            )
        self._good: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.checkpoint.size

    def _edge(self) -> list[bytes]:
        found, level, size = [], 0, self.checkpoint.size
        while size >> (8 * level):
            number, width = divmod(size >> (8 * level), _WIDTH)
            found.append(self._partial(level, number, width) if width else b"")
            level += 1
        return found

    def _partial(self, level: int, number: int, width: int) -> bytes:
        """A tile that is not full; a log that has grown may have only the full one (tlog-tiles, "Partial tiles")."""
        for path in (tlog_tile.path(level, number, width), tlog_tile.path(level, number)):
            data = self._source.tile(path)
            if data is not None:
                if len(data) < width * 32:
                    raise Refused(f"the tile {path} of {self._source.name} has {len(data)} bytes, it was cut off")
                return data[: width * 32]
        raise self._missing(tlog_tile.path(level, number, width))

    def _missing(self, path: str) -> Refused:
        what = f"{self._source.name} has no {path}, which a log of {self.checkpoint.size} entries must have"
        return Refused(what, "it claims more than it has, or was copied in part")

    def _full(self, path: str) -> bytes | None:
        data = self._source.tile(path)
        if data is not None and len(data) != _WIDTH * 32:
            raise Refused(f"the tile {path} of {self._source.name} has {len(data)} bytes instead of {_WIDTH * 32}")
        return data

    def _guarded(self, ask: Callable[[], bytes]) -> bytes:
        try:
            return ask()
        except InternalError as error:
            raise self._missing(error.what.rpartition(" ")[2]) from error

    def inclusion(self, index: int) -> list[bytes]:
        """The proof of an entry, which need not be right: it is checked by whoever gets it."""
        if not 0 <= index < self.size:
            raise Refused(f"the log has no entry {index}", f"it has {self.size} entries")
        try:
            return self._tree.inclusion(index, self.size)
        except InternalError as error:
            raise self._missing(error.what.rpartition(" ")[2]) from error

    def grew_out_of(self, old: Checkpoint) -> None:
        """Raise `Refused` unless this tree grew out of that of an elder checkpoint (of the same log)."""
        proof: Sequence[bytes] = []
        if 0 < old.size < self.size:
            try:
                proof = self._tree.consistency(old.size, self.size)
            except InternalError as error:
                raise self._missing(error.what.rpartition(" ")[2]) from error
        if old.size == 0 and old.root != EMPTY_ROOT:
            raise Refused("a checkpoint of an empty log has the root of another tree")
        merkle.check_consistency(old.size, self.size, old.root, self.checkpoint.root, proof)

    def hashes(self, number: int) -> list[bytes]:
        """The leaf hashes of the tile with that number on the lowest level, proved."""
        first = number * _WIDTH
        width = min(_WIDTH, self.size - first)
        if width <= 0 or number < 0:
            raise Refused(f"the log has no entry {first}", f"it has {self.size} entries")
        try:
            found = [self._tree.node(0, index) for index in range(first, first + width)]
        except InternalError as error:
            raise self._missing(tlog_tile.path(0, number)) from error
        digest = hashlib.sha256(b"".join(found)).digest()
        if self._good.get(number) != digest:  # it may have been read twice, and differently
            self._prove(first, found[0])
            self._good[number] = digest
        return found

    def _prove(self, first: int, leaf: bytes) -> None:
        if merkle.root_of(first, self.size, leaf, self.inclusion(first)) != self.checkpoint.root:
            what = f"the tile {tlog_tile.path(0, first // _WIDTH)} of {self._source.name} is not in its tree"
            raise Refused(what, "it is damaged, or the log shows different trees")

    def bundle(self, number: int) -> list[bytes]:
        """The entries of a bundle, proved."""
        hashes = self.hashes(number)
        data = self._entries(number, len(hashes))
        for at, (entry, wanted) in enumerate(zip(data, hashes, strict=True)):
            if hashlib.sha256(b"\0" + entry).digest() != wanted:
                index = number * _WIDTH + at
                raise Refused(f"the entry {index} of {self._source.name} is not the one in its tree", "it was changed")
        return data

    def _entries(self, number: int, width: int) -> list[bytes]:
        for path in {tlog_tile.path(tlog_tile.ENTRIES, number, one): 0 for one in (width, _WIDTH)}:
            data = self._source.tile(path)
            if data is None:
                continue
            try:
                return tlog_tile.entries(data, width)
            except Malformed as error:
                raise Refused(f"{path} of {self._source.name}: {error.what}", "it was cut off or changed") from error
        raise self._missing(tlog_tile.path(tlog_tile.ENTRIES, number, width))

    def entries(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Entries with their numbers, proved; `end` is not in it."""
        for number in range(start // _WIDTH, -(-min(end, self.size) // _WIDTH)):
            first = number * _WIDTH
            for at, entry in enumerate(self.bundle(number)):
                if start <= first + at < end:
                    yield first + at, entry

    def entry(self, index: int) -> bytes:
        """One entry, proved."""
        if not 0 <= index < self.size:
            raise Refused(f"the log has no entry {index}", f"it has {self.size} entries")
        return self.bundle(index // _WIDTH)[index % _WIDTH]
