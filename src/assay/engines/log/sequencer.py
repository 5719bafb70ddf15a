"""The one who puts leaves in order: a batch becomes a commit, a commit becomes the head that may be shown.

Nothing is shown or answered before the store has it durably. Where a commit fails, the tree is read anew from the
store: the batch is in it as a whole, or not at all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice

from assay.engines.log import checkpoint
from assay.engines.log.tree import Tree
from assay.errors import AssayError, InternalError, LimitExceeded, Refused
from assay.formats import tlog_note, tlog_tile
from assay.model.transparency import Commit, Head, Leaf, NewLeaf, Placed
from assay.ports import LogStore, Signer
from assay.trust import merkle

_JUMP = 60.0
"""Seconds by which the clock may stray from the monotonic one before it is told."""


class Log:
    """One tree with one origin over a store; `append` may be called by one thread at a time, the rest by any.

    `signers` sign the checkpoints, in that order; `now` and `steady` are `time.time` and `time.monotonic`. `shown`
    hears of every checkpoint before it can be seen; where it cannot keep it, that is told.
    """

    remote = False
    """Whether others write the same tree, and reading it may ask another machine."""

    def __init__(
        self,
        store: LogStore,
        origin: str,
        signers: Sequence[Signer],
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        shown: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        if not origin or any(letter in origin for letter in "+\n") or origin.split() != [origin]:
            raise Refused(f"{origin!r} cannot be the origin of a log", "a name without blanks and plus signs")
        self.store, self.origin, self.signers = store, origin, tuple(signers)
        self._now, self._steady, self._shown = now, steady, shown
        self._clock = now(), steady()
        self._lock = threading.Lock()
        self.warnings: dict[str, str] = {}
        self._cosigned = (-1, b"")
        self._required, self._before = False, b""
        self._known: tuple[int, dict[tuple[int, int], bytes]] = (0, {})
        self._load()

    def _load(self) -> None:
        """Read the tree; raises `InternalError` where its hashes do not make up the checkpoint."""
        state = self.store.state()
        self._tree = Tree(state.size, state.edge, self.store.tile)
        root = self._tree.root()
        if state.checkpoint:
            shown = tlog_note.checkpoint(state.checkpoint.decode())
            if (shown.origin, shown.size, shown.root) != (self.origin, state.size, root):
                raise InternalError(
                    f"the log {self.origin!r} of {state.size} entries does not fit its checkpoint"
                    f" ({shown.origin!r}, {shown.size} entries)",
                    "do not serve it: restore it from a backup that is not older than the checkpoint",
                )
        elif state.size:
            raise InternalError(f"the log {self.origin!r} has {state.size} entries and no checkpoint")
        self._head = Head(state.size, root, state.checkpoint, state.time)
        if not state.checkpoint:
            self._commit(())
        else:
            self._show(state.checkpoint)

    @property
    def head(self) -> Head:
        """The newest tree that may be shown."""
        return self._head

    @property
    def published(self) -> bytes:
        """The newest checkpoint with what witnesses signed of it; where they must sign, the newest that they did."""
        head, (size, whole) = self._head, self._cosigned
        if size == head.size or (self._required and whole):
            return whole
        return self._before if self._required else head.checkpoint

    def catch_up(self) -> None:
        """See what another writer showed; this log has no other."""

    def seal(self) -> None:
        """Nobody writes to it from now on."""

    def close(self) -> None:
        """Write no more."""

    def require_witnesses(self, wanted: bool) -> None:
        """Whether only what witnesses signed is to be published; until they do, what was newest when it was asked."""
        if wanted and not self._required:
            self._before = self._head.checkpoint
        self._required = wanted

    def cosigned(self, size: int, lines: bytes, signed: bytes | None = None) -> None:
        """Take over the signature lines of witnesses under the checkpoint of that size (by default the newest)."""
        checkpoint = self._head.checkpoint if signed is None else signed
        if size >= self._cosigned[0]:
            self._cosigned = (size, checkpoint + lines)

    def append(self, leaves: Sequence[NewLeaf]) -> list[Placed]:
        """Where each leaf is, once all are durable; those that are there already stay where they are.

        Raises `LimitExceeded` for a leaf that is too large, `ExternalError` where the store cannot take them, and
        `Refused` where another sequencer has taken over.
        """
        if any(len(leaf.data) > tlog_tile.MAX_ENTRY for leaf in leaves):
            raise LimitExceeded(f"a log entry has at most {tlog_tile.MAX_ENTRY} bytes")
        with self._lock:
            hashes = [merkle.leaf(leaf.data) for leaf in leaves]
            places = self._find(hashes)
            moment = self._moment()
            fresh: dict[bytes, Leaf] = {}
            for item, leaf in zip(hashes, leaves, strict=True):
                if item not in places and item not in fresh:
                    fresh[item] = Leaf(leaf.data, item, moment, leaf.terms)
            first = self._head.size
            if fresh:
                self._commit(tuple(fresh.values()))
            return self._placed(hashes, places, {item: first + at for at, item in enumerate(fresh)}, moment)

    def _placed(
        self, hashes: Sequence[bytes], places: dict[bytes, tuple[int, int]], fresh: dict[bytes, int], moment: int
    ) -> list[Placed]:
        found, seen = [], set()
        for item in hashes:
            index, when = places[item] if item in places else (fresh[item], moment)
            found.append(Placed(index, when, item in places or item in seen, self._head.size))
            seen.add(item)
        return found

    def _find(self, hashes: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        """Index and time of what is there; the store knows only a part of each hash, so the tree decides."""
        return {
            item: (index, when)
            for item, index, when in self.store.find(hashes)
            if index < self._head.size and self._tree.node(0, index) == item
        }

    def find(self, leaf_hash: bytes) -> tuple[int, int] | None:
        """Index and time of a leaf by its hash."""
        return self._find([leaf_hash]).get(leaf_hash)

    def _commit(self, leaves: tuple[Leaf, ...]) -> None:
        first = self._tree.size
        tiles: list[tuple[str, bytes]] = []
        try:
            for leaf in leaves:
                tiles += ((tlog_tile.path(level, number), data) for level, number, data in self._tree.add(leaf.hash))
            tiles += self._bundles(first, leaves)
            size = self._tree.size
            root = self._tree.root()
            signed = checkpoint.sign(self.origin, size, root, self.signers)
            when = leaves[-1].time if leaves else self._head.time
            self.store.commit(Commit(first, leaves, tiles, self._tree.edge, signed))
        except AssayError as error:
            self.warnings["store"] = error.what
            self._reload()
            raise
        self.warnings.pop("store", None)
        self._show(signed)
        self._head = Head(size, root, signed, when)

    def _show(self, signed: bytes) -> None:
        try:
            self._shown(signed)
        except OSError as error:
            self.warnings["record"] = f"the newest checkpoint cannot be kept beside the log: {error}"
        else:
            self.warnings.pop("record", None)

    def _reload(self) -> None:
        """After a commit of which it is not known whether it took place."""
        try:
            state = self.store.state()
        except AssayError:
            self._tree = Tree(self._head.size, self._edge_of_head(), self.store.tile)
            return
        self._tree = Tree(state.size, state.edge, self.store.tile)
        self._show(state.checkpoint)
        self._head = Head(state.size, self._tree.root(), state.checkpoint, state.time)

    def _edge_of_head(self) -> tuple[bytes, ...]:
        size, levels, level = self._head.size, [], 0
        while size >> (8 * level):
            at_level = size >> (8 * level)
            start = at_level - at_level % tlog_tile.WIDTH
            levels.append(b"".join(self._tree.node(8 * level, number) for number in range(start, at_level)))
            level += 1
        return tuple(levels)

    def _bundles(self, first: int, leaves: Sequence[Leaf]) -> list[tuple[str, bytes]]:
        """The bundles of entries that these leaves make full."""
        width = tlog_tile.WIDTH
        end = (first + len(leaves)) // width
        if first // width == end:
            return []
        start = first - first % width
        data = [*self.store.tail(start), *(leaf.data for leaf in leaves)]
        entries = iter(data)
        return [
            (tlog_tile.path(tlog_tile.ENTRIES, number), tlog_tile.bundle(islice(entries, width)))
            for number in range(first // width, end)
        ]

    def _moment(self) -> int:
        """The second now; never before that of the last leaf, and jumps are told."""
        wall, steady = self._now(), self._steady()
        strayed = (wall - self._clock[0]) - (steady - self._clock[1])
        self._clock = wall, steady
        if abs(strayed) > _JUMP:
            self.warnings["clock"] = f"the clock jumped by {strayed:+.0f} s"
        if wall < self._head.time - 1:
            behind = self._head.time - wall
            self.warnings["clock"] = f"the clock is {behind:.0f} s behind the last entry, whose time is used"
        return max(int(wall), self._head.time)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that an entry is in a tree that was shown; raises `Refused` for what is not in it."""
        if size > self._head.size:
            raise Refused(f"the log has {self._head.size} entries, not {size}")
        known = self._known
        if known[0] != size:
            known = self._known = (size, {})
        return self._tree.inclusion(index, size, known[1])

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that a tree that was shown grew out of another; raises `Refused` where there is no such tree."""
        if second > self._head.size:
            raise Refused(f"the log has {self._head.size} entries, not {second}")
        return self._tree.consistency(first, second)

    def root(self, size: int) -> bytes:
        """The root of a tree that was shown."""
        if size > self._head.size:
            raise Refused(f"the log has {self._head.size} entries, not {size}")
        return self._tree.root(size)

    def leaf_hash(self, index: int) -> bytes:
        """The hash of an entry."""
        if not 0 <= index < self._head.size:
            raise Refused(f"the log has no entry {index}", f"it has {self._head.size} entries")
        return self._tree.node(0, index)

    def entry(self, index: int) -> tuple[bytes, int]:
        """The bytes of an entry, and when it came in."""
        if not 0 <= index < self._head.size:
            raise Refused(f"the log has no entry {index}", f"it has {self._head.size} entries")
        return self.entries(index, index + 1)[0], self.store.time(index)

    def entries(self, start: int, end: int) -> list[bytes]:
        """The bytes of entries, all of one bundle at most."""
        number, offset = divmod(start, tlog_tile.WIDTH)
        data = self.store.tile(tlog_tile.path(tlog_tile.ENTRIES, number))
        if data is not None:
            return tlog_tile.entries(data, tlog_tile.WIDTH)[offset : offset + end - start]
        found = list(self.store.tail(number * tlog_tile.WIDTH))[offset : offset + end - start]
        if len(found) < min(end, (number + 1) * tlog_tile.WIDTH, self._head.size) - start:
            return self._settled(number)[offset : offset + end - start]
        return found

    def _settled(self, number: int) -> list[bytes]:
        """A bundle that became full between two looks at the store."""
        path = tlog_tile.path(tlog_tile.ENTRIES, number)
        data = self.store.tile(path)
        if data is None:
            raise InternalError(f"the log has lost {path}", "restore it from a backup")
        return tlog_tile.entries(data, tlog_tile.WIDTH)

    def tile(self, wanted: tlog_tile.Tile) -> bytes:
        """The data of a tile or bundle, full or not; raises `Refused` for what the shown tree does not have."""
        if not wanted.within(self._head.size):
            raise Refused("the log has no such tile", f"it has {self._head.size} entries")
        start = wanted.number * tlog_tile.WIDTH
        if wanted.level == tlog_tile.ENTRIES:
            if wanted.width == tlog_tile.WIDTH:
                data = self.store.tile(wanted.path)
                if data is not None:
                    return data
            return tlog_tile.bundle(self.entries(start, start + wanted.width))
        height = 8 * wanted.level
        return b"".join(self._tree.node(height, number) for number in range(start, start + wanted.width))

    def search(self, term: str, limit: int = 1000) -> list[int]:
        """The entries that are found by a term, oldest first."""
        return [index for index in self.store.search(term, limit) if index < self._head.size]
