"""The tree of a log: its right edge in memory, every other node from tiles that are full.

A tile of level L holds 256 nodes of the height 8·L; the nodes between are computed from it. What is below the size of
the tree never changes, so readers of an older size need no lock while leaves are added.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence

from assay.errors import InternalError, Malformed, Refused
from assay.formats import tlog_tile

_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()
_CACHED = 512
"""Full tiles in memory with all their inner nodes: 26 KiB each."""


class TileNodes:
    """The nodes of one tile, by height (0 to 8) and position; grows until it is full."""

    __slots__ = ("heights", "number")

    def __init__(self, number: int, hashes: Sequence[bytes] = ()) -> None:
        self.number = number
        self.heights: list[list[bytes]] = [[] for _ in range(9)]
        for item in hashes:
            self.add(item)

    def add(self, item: bytes) -> None:
        """One more hash at the bottom."""
        for row in self.heights:
            row.append(item)
            if len(row) & 1:
                return
            item = _sha256(b"\1" + row[-2] + item).digest()

    @property
    def width(self) -> int:
        """How many hashes it has."""
        return len(self.heights[0])

    @property
    def data(self) -> bytes:
        """As it is stored."""
        return b"".join(self.heights[0])


class Tree:
    """A tree of `size` leaves; `read` gives the data of a full tile by its path.

    `before` is a smaller tree out of which it grew, all of it durable: what is known of that need not be read again.
    """

    def __init__(
        self, size: int, edge: Sequence[bytes], read: Callable[[str], bytes | None], before: Tree | None = None
    ) -> None:
        self.size = size
        self._read = read
        self._full: OrderedDict[tuple[int, int], TileNodes] = OrderedDict() if before is None else before._full.copy()
        self._edge: list[TileNodes] = []
        for level, data in enumerate(edge):
            at_level = size >> (8 * level)
            nodes = TileNodes(at_level // tlog_tile.WIDTH, tlog_tile.hashes(data, at_level % tlog_tile.WIDTH))
            self._edge.append(nodes)
        if size >> (8 * len(self._edge)):
            raise Malformed(f"a tree of {size} leaves whose right edge is missing")

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The tiles that are not full, from the level 0 up."""
        return tuple(nodes.data for nodes in self._edge)

    def add(self, leaf_hash: bytes) -> list[tuple[int, int, bytes]]:
        """Append a leaf; the tiles that it made full, as level, number and data."""
        filled = []
        item, level = leaf_hash, 0
        while True:
            if level == len(self._edge):
                self._edge.append(TileNodes(0))
            nodes = self._edge[level]
            nodes.add(item)
            if nodes.width < tlog_tile.WIDTH:
                break
            filled.append((level, nodes.number, nodes.data))
            self._keep(level, nodes)
            self._edge[level] = TileNodes(nodes.number + 1)
            item, level = nodes.heights[8][0], level + 1
        self.size += 1
        return filled

    def _keep(self, level: int, nodes: TileNodes) -> None:
        self._full[level, nodes.number] = nodes
        while len(self._full) > _CACHED:
            self._full.popitem(last=False)

    def _tile(self, level: int, number: int) -> TileNodes:
        if level < len(self._edge):
            nodes = self._edge[level]
            if nodes.number == number:
                return nodes
        found = self._full.get((level, number))
        if found is None:
            path = tlog_tile.path(level, number)
            data = self._read(path)
            if data is None:
                raise InternalError(f"the log has lost {path}", "restore it from a backup")
            found = TileNodes(number, tlog_tile.hashes(data, tlog_tile.WIDTH))
            self._keep(level, found)
        return found

    def node(self, height: int, number: int) -> bytes:
        """The root of the full subtree of 2^height leaves with that number."""
        level, inner = divmod(height, 8)
        spread = 8 - inner
        return self._tile(level, number >> spread).heights[inner][number & ((1 << spread) - 1)]

    def range(self, start: int, end: int, known: dict[tuple[int, int], bytes]) -> bytes:
        """The hash of the leaves from `start` up to `end`, as RFC 6962 splits them; `known` keeps the uneven ones."""
        count = end - start
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return self.node(height, start >> height)
        found = known.get((start, end))
        if found is None:
            split = start + (1 << ((count - 1).bit_length() - 1))
            left, right = self.range(start, split, known), self.range(split, end, known)
            found = known[start, end] = _sha256(b"\1" + left + right).digest()
        return found

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves."""
        size = self.size if size is None else size
        return self.range(0, size, {}) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int, known: dict[tuple[int, int], bytes] | None = None) -> list[bytes]:
        """The proof that a leaf is in the tree of that size (RFC 6962, 2.1.1); raises `Refused` out of range.

        `known` may be shared by all proofs of one size.
        """
        if not 0 <= index < size <= self.size:
            raise Refused(f"the log has no entry {index} in a tree of {size}", f"it has {self.size} entries")
        known = {} if known is None else known
        start, end, found = 0, size, []
        while end - start > 1:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            if index < split:
                found.append(self.range(split, end, known))
                end = split
            else:
                found.append(self.range(start, split, known))
                start = split
        return found[::-1]

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that a tree grew out of another (RFC 6962, 2.1.2); raises `Refused` out of range."""
        if not 0 < first <= second <= self.size:
            raise Refused(
                f"trees of {first} and {second} entries cannot be compared", f"the log has {self.size} entries"
            )
        known: dict[tuple[int, int], bytes] = {}
        start, end, found, whole = 0, second, [], True
        while first != end:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            if first <= split:
                found.append(self.range(split, end, known))
                end = split
            else:
                found.append(self.range(start, split, known))
                start, whole = split, False
        if not whole:
            found.append(self.range(start, end, known))
        return found[::-1]
