"""Transparency logs: what is put into a tree, where it was placed, and the state that a store keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """What is to be logged: the leaf's bytes (a Rekor body, an RFC 6962 leaf), and what it shall be found by.

    `terms` are texts such as ``sha256:…``, ``email:…``, ``key:…``.
    """

    data: bytes
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a leaf is, durably: its `index`, the second (Unix) at which it came in, whether it was there before.

    `size` is that of the tree whose checkpoint covers it.
    """

    index: int
    time: int
    duplicate: bool
    size: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf on its way into the store."""

    data: bytes
    hash: bytes
    time: int
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One step of a tree, to be stored as a whole or not at all.

    `first` is the size before; `tiles` are those that became full, by their path; `edge` holds, from the level 0 up,
    the hashes of the tile that is not full yet.
    """

    first: int
    leaves: Sequence[Leaf]
    tiles: Sequence[tuple[str, bytes]]
    edge: tuple[bytes, ...]
    checkpoint: bytes

    @property
    def size(self) -> int:
        """The size after."""
        return self.first + len(self.leaves)


@dataclass(frozen=True, slots=True)
class TreeState:
    """What a store holds of a tree: see `Commit`; `time` is that of the last leaf."""

    size: int = 0
    edge: tuple[bytes, ...] = ()
    checkpoint: bytes = b""
    time: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """The newest tree that may be shown: everything in it is durable."""

    size: int
    root: bytes
    checkpoint: bytes = field(repr=False)
    time: int
