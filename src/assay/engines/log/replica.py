"""A log that several replicas serve: one of them has the turn to put leaves in order, the others ask through a queue.

Every replica can take the turn; each shows only what is durable, and takes over what another committed only where it
is the tree that was shown before, with more leaves. Who gets the turn compares the tree with the newest checkpoint that
was published outside of the database: a database that was put back in time is not written on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from assay.engines.log.sequencer import Log
from assay.engines.log.sharing import Queue, ReplicaStore, Turns
from assay.engines.log.tree import Tree
from assay.errors import AssayError, ExternalError, InternalError, LimitExceeded, Refused
from assay.formats import tlog_note, tlog_tile
from assay.model.transparency import Head, NewLeaf, Placed, TreeState
from assay.ports import Signer

PATIENCE = 12.0
"""Seconds for which a leaf may wait for its place; the patience of Rekor v2's clients is 20."""
_GLANCE = 0.1
_AT_ONCE = 1024
_PAUSE = 0.3


class ReplicatedLog(Log):
    """One of several that serve the same tree; `start` lets it take turns, until then it only reads and asks."""

    remote = True

    def __init__(
        self,
        store: ReplicaStore,
        origin: str,
        signers: Sequence[Signer],
        turns: Turns,
        queue: Queue,
        *,
        shown: Callable[[bytes], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        self._outside, self._turns, self._queue, self._patience = store, turns, queue, patience
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._leads = False
        super().__init__(store, origin, signers, shown=shown)

    def _load(self) -> None:
        try:
            super()._load()
        except Refused:  # others began the log, or wrote to it, between two looks
            super()._load()
        self.warnings.pop("store", None)

    @property
    def leads(self) -> bool:
        """Whether this one puts the leaves in order now, as far as is known."""
        return self._leads and self._turns.mine

    def start(self) -> None:
        """Take turns from now on, in threads of its own."""
        if self._thread is None:
            threading.Thread(target=self._keep, name=f"turn {self.origin}", daemon=True).start()
            self._thread = threading.Thread(target=self._run, name=f"turns {self.origin}", daemon=True)
            self._thread.start()

    def seal(self) -> None:
        """Nobody writes to it from now on, no other replica either; the head is the last."""
        self._outside.seal()
        self.refresh()

    def close(self) -> None:
        """Leave the turn to another at once."""
        self._closed.set()
        self._leads = False
        with suppress(AssayError):
            self._turns.leave()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self.look()
                self._queue.wait(self._turns.ttl / 3)
            except AssayError as error:
                self.warnings["replicas"] = error.what
                self._closed.wait(_PAUSE)
            else:
                self.warnings.pop("replicas", None)
            with self._changed:
                self._changed.notify_all()

    def _keep(self) -> None:
        """Keep the turn, also while something takes long."""
        while not self._closed.wait(self._turns.ttl / 3):
            if self._leads:
                with suppress(AssayError):
                    self._turns.take()

    def look(self) -> None:
        """One turn of the thread: take or keep the turn and do what waits, or take over what another did."""
        if self._turns.take() and not self._closed.is_set():
            if not self._leads:
                self._begin()
            self._drain()
            self._outside.settle(self._head.checkpoint)
            self._complain()
        else:
            self._leads = False
            self.refresh()

    def _begin(self) -> None:
        """Start to put leaves in order, where the tree is the one that was published."""
        try:
            with self._lock:
                published = self._outside.published()
                self._adopt(self.store.state())
                if published:
                    self._compare(published)
        except AssayError:
            self._turns.leave()
            raise
        self._leads = True

    def _compare(self, published: bytes) -> None:
        note = tlog_note.checkpoint(published.decode("utf-8", "replace"))
        size = self._head.size
        if note.origin != self.origin or note.size > size:
            fault = f"the database has {size} entries of {self.origin!r}, but {note.size} of {note.origin!r}"
            remedy = "the database was put back in time, or the object store is another's: see which, and restore"
            raise InternalError(f"{fault} were published", remedy)
        if self._tree.root(note.size) != note.root:
            raise InternalError("the database has another tree than the one that was published", "restore it")

    def _drain(self) -> None:
        """Put in order what other replicas ask for."""
        while rows := self._queue.waiting(_AT_ONCE):
            try:
                places = super().append([leaf for _, leaf in rows])
            except Refused:
                self._lose()
                return
            known = [(number, place) for (number, _), place in zip(rows, places, strict=True) if place.duplicate]
            if known:
                self._queue.answer(known)
            if len(rows) < _AT_ONCE:
                return

    def _lose(self) -> None:
        self._turns.lost()
        self._leads = False
        self.warnings.pop("store", None)

    def _complain(self) -> None:
        if self._outside.complaint:
            self.warnings["objects"] = self._outside.complaint
        else:
            self.warnings.pop("objects", None)

    def append(self, leaves: Sequence[NewLeaf]) -> list[Placed]:
        """As `Log.append`; where it is another's turn, it is asked, and `ExternalError` says that none answered."""
        if any(len(leaf.data) > tlog_tile.MAX_ENTRY for leaf in leaves):
            raise LimitExceeded(f"a log entry has at most {tlog_tile.MAX_ENTRY} bytes")
        if self.leads:
            try:
                return super().append(leaves)
            except Refused:
                self._lose()
        return self._ask(leaves) if leaves else []

    def _ask(self, leaves: Sequence[NewLeaf]) -> list[Placed]:
        batch = self._queue.put(leaves)
        until = time.monotonic() + self._patience
        try:
            while (found := self._queue.answers(batch)) is None:
                if time.monotonic() > until or self._closed.is_set():
                    raise ExternalError("no replica puts entries in order at the moment", "try again in some seconds")
                with self._changed:
                    self._changed.wait(_GLANCE)
        except AssayError:
            with suppress(AssayError):
                self._queue.forget(batch)
            raise
        self._reach(max(place.size for place in found))
        return found

    def refresh(self) -> None:
        """Take over what another committed; raises `InternalError` where that is not the tree that was shown."""
        with self._lock:
            self._adopt(self.store.state())

    def _adopt(self, state: TreeState) -> None:
        head = self._head
        if state.checkpoint == head.checkpoint:
            return
        tree = Tree(state.size, state.edge, self.store.tile, self._tree if state.size >= head.size else None)
        note = tlog_note.checkpoint(state.checkpoint.decode())
        fits = (note.origin, note.size, note.root) == (self.origin, state.size, tree.root())
        if not fits or state.size < head.size or tree.root(head.size) != head.root:
            fault = f"the database shows a tree of {state.size} entries that did not grow out of the one of {head.size}"
            self.warnings["fork"] = fault
            raise InternalError(fault, "do not serve it: see who wrote to the database, and restore it")
        self._tree = tree
        self._show(state.checkpoint)
        self._head = Head(state.size, note.root, state.checkpoint, state.time)

    def catch_up(self) -> None:
        """See what another replica showed already."""
        self.refresh()

    def _reach(self, size: int) -> None:
        """Somebody heard of a tree of that size, perhaps from another replica."""
        if size > self._head.size:
            self.refresh()

    def find(self, leaf_hash: bytes) -> tuple[int, int] | None:
        """Index and time of a leaf by its hash."""
        found = super().find(leaf_hash)
        if found is None:
            self.refresh()
            found = super().find(leaf_hash)
        return found

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """See `Log.inclusion`."""
        self._reach(size)
        return super().inclusion(index, size)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """See `Log.consistency`."""
        self._reach(second)
        return super().consistency(first, second)

    def root(self, size: int) -> bytes:
        """See `Log.root`."""
        self._reach(size)
        return super().root(size)

    def leaf_hash(self, index: int) -> bytes:
        """See `Log.leaf_hash`."""
        self._reach(index + 1)
        return super().leaf_hash(index)

    def entry(self, index: int) -> tuple[bytes, int]:
        """See `Log.entry`."""
        self._reach(index + 1)
        return super().entry(index)

    def tile(self, wanted: tlog_tile.Tile) -> bytes:
        """See `Log.tile`."""
        if not wanted.within(self._head.size):
            self.refresh()
        return super().tile(wanted)
