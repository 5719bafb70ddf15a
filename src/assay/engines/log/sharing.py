"""What the replicas of a log need from the world: a store that they share, turns, and a queue between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.model.transparency import NewLeaf, Placed
from assay.ports import LogStore


class ReplicaStore(LogStore, Protocol):
    """The store of a log that several replicas serve; the newest checkpoint is published outside of it, too."""

    complaint: str
    """What is wrong with the outside now, or nothing."""

    def published(self) -> bytes:
        """The newest checkpoint outside; empty where there is none."""
        ...

    def settle(self, checkpoint: bytes) -> None:
        """Bring the outside up to date where it failed before."""
        ...

    def seal(self) -> None:
        """Take no more entries from anybody; whoever brings some hears `ExternalError`."""
        ...


class Turns(Protocol):
    """Who of several replicas puts leaves in order. The store takes nothing from a writer whose turn is over."""

    ttl: float
    """Seconds for which a turn lasts unless it is kept."""

    @property
    def mine(self) -> bool:
        """Whether it is one's own turn, as far as is known."""
        ...

    def take(self) -> bool:
        """Take the turn where nobody has it, or keep it; whether it is one's own now."""
        ...

    def lost(self) -> None:
        """Somebody else was seen to have it."""
        ...

    def leave(self) -> None:
        """Let another take it at once."""
        ...


class Queue(Protocol):
    """What replicas have for the one that puts leaves in order, and its answers; raises `ExternalError`."""

    def put(self, leaves: Sequence[NewLeaf]) -> str:
        """Put leaves there; the name of the batch."""
        ...

    def answers(self, batch: str) -> list[Placed] | None:
        """The places of a batch, once, when all of them are known."""
        ...

    def forget(self, batch: str) -> None:
        """Nobody waits for that batch any more."""
        ...

    def waiting(self, limit: int) -> Sequence[tuple[int, NewLeaf]]:
        """What is not answered yet, oldest first, each with its number; a commit answers the leaves that are new."""
        ...

    def answer(self, places: Sequence[tuple[int, Placed]]) -> None:
        """Answer, by their numbers, those that were in the log already."""
        ...

    def wait(self, seconds: float) -> None:
        """Until something was put, answered or committed, or for so long."""
        ...
