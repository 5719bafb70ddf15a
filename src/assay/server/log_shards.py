"""The logs that a server shows: the one that grows, and those before it, which are read only."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from assay.engines.log import checkpoint
from assay.engines.log.sequencer import Log
from assay.errors import AssayError, Refused, UsageError
from assay.model.signature import Scheme
from assay.model.transparency import Head, NewLeaf, Placed
from assay.ports import Signer
from assay.server.group_commit import GroupCommit


@dataclass(frozen=True)
class Shard:
    """One log; `offset` is the number of entries in the shards before it (Rekor v1 counts through them)."""

    log: Log
    offset: int = 0

    @cached_property
    def v1(self) -> Signer:
        """The key that signs for Rekor v1; raises `UsageError` where there is none."""
        for signer in self.log.signers:
            if signer.scheme is Scheme.ECDSA_P256:
                return signer
        raise UsageError("Rekor v1 needs a log with an ECDSA key", "open the log with one")

    @cached_property
    def v2(self) -> Signer:
        """The key that signs for Rekor v2: the Ed25519 one, else the first."""
        for signer in self.log.signers:
            if signer.scheme is Scheme.ED25519:
                return signer
        if not self.log.signers:
            raise UsageError("a log without a key has nothing to show", "open the log with one")
        return self.log.signers[0]

    @cached_property
    def v1_id(self) -> bytes:
        """SHA-256 of the v1 key: the log's id in entries and trusted roots."""
        return hashlib.sha256(self.v1.public_key).digest()

    @cached_property
    def v2_id(self) -> bytes:
        """The log's id as clients of v2 know it."""
        return checkpoint.log_id(self.v2, self.log.origin)

    def v1_checkpoint(self, head: Head) -> str:
        """The state of the tree as Rekor v1 signs it; signed once for each state."""
        known = self._v1_checkpoints
        if head.size not in known:
            known.clear()
            known[head.size] = checkpoint.of_v1(self.log.origin, self.tree_id, head.size, head.root, self.v1)
        return known[head.size]

    @cached_property
    def _v1_checkpoints(self) -> dict[int, str]:
        return {}

    @cached_property
    def tree_id(self) -> int:
        """The number of the tree in UUIDs: 63 bits made of its origin and key."""
        digest = hashlib.sha256(self.log.origin.encode() + b"\n" + self.v1_id).digest()
        return int.from_bytes(digest[:8], "big") >> 1


class Shards:
    """All shards, oldest first; the last one takes entries. `limit` refuses who has put in too many, by raising.

    `first` makes the entry with which an empty shard begins.
    """

    def __init__(self, logs: Sequence[Log], linger: float | None = None) -> None:
        if not logs:
            raise UsageError("a server without a log", "open one")
        self.all: list[Shard] = []
        for log in logs:
            offset = self.all[-1].offset + self.all[-1].log.head.size if self.all else 0
            self.all.append(Shard(log, offset))
        self._linger = linger
        self.commits = self._commits(logs[-1])
        self._turning: asyncio.Event | None = None
        self.limit: Callable[[NewLeaf], None] | None = None
        self.first: Callable[[Shard], NewLeaf] | None = None

    def _commits(self, log: Log) -> GroupCommit:
        return GroupCommit(log) if self._linger is None else GroupCommit(log, self._linger)

    async def add(self, leaf: NewLeaf) -> tuple[Shard, Placed]:
        """Put a leaf into the shard that takes entries; raises what `Log.append` and `limit` raise."""
        if self.limit is not None:
            await asyncio.to_thread(self.limit, leaf)
        while self._turning is not None:
            await self._turning.wait()
        shard, commits = self.active, self.commits
        return shard, await commits.add(leaf)

    async def begin(self) -> None:
        """Put the first entry into an empty shard; one that cannot write yet goes without."""
        shard = self.active
        if self.first is None or shard.log.head.size:
            return
        with suppress(AssayError, OSError):
            await self.commits.add(await asyncio.to_thread(self.first, shard))

    @property
    def active(self) -> Shard:
        """The one that takes entries."""
        return self.all[-1]

    def by_index(self, index: int) -> tuple[Shard, int]:
        """The shard of a number that counts through all, and the number there."""
        for shard in reversed(self.all):
            if index >= shard.offset:
                return shard, index - shard.offset
        raise Refused(f"the log has no entry {index}")

    def by_tree(self, tree_id: int) -> Shard:
        """The shard with that number."""
        for shard in self.all:
            if shard.tree_id == tree_id:
                return shard
        raise Refused(f"there is no tree {tree_id}")

    def by_host(self, host: str) -> Shard | None:
        """The shard that has this host for its origin."""
        return next((shard for shard in self.all if shard.log.origin == host), None)

    async def turn(self, log: Log) -> None:
        """As `rotate`, under load: what waits is written first, and what comes meanwhile goes into the new shard."""
        if log.origin in (shard.log.origin for shard in self.all):
            return
        self._turning = asyncio.Event()
        old = self.commits
        try:
            await old.drain()
            sealed = self.active.log
            await asyncio.to_thread(sealed.seal)
            self.rotate(log)
            await self.begin()
            if sealed.remote:
                await asyncio.to_thread(sealed.close)
            await old.close()
        finally:
            self._turning.set()
            self._turning = None

    def rotate(self, log: Log) -> None:
        """Let an empty log take entries from now on; the one before stays to be read.

        Between two calls of an event loop: entries that wait are written to the shard they came for.
        """
        written = log.head.size and not log.remote  # by another replica, which turned to it before this one
        if written or log.origin in (shard.log.origin for shard in self.all):
            raise UsageError("a new shard must be an empty log with an origin of its own", "give another --origin")
        # The old shard's size is not final before what waits is written, so its writer is asked first.
        if self.commits.busy:
            raise Refused("entries are being written", "rotate between two batches")
        self.all.append(Shard(log, self.active.offset + self.active.log.head.size))
        self.commits = self._commits(log)
