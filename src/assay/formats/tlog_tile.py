"""Tiles of transparency logs (C2SP tlog-tiles): their paths, and the bundles of entries.

::

    tile/0/x001/x234/067          the full tile 1234067 of the level 0: 256 hashes, 8192 bytes
    tile/1/003.p/17               17 hashes of the tile 3 of the level 1
    tile/entries/x001/234.p/5     5 entries, each behind its length in two bytes
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed

WIDTH = 256
MAX_ENTRY = 0xFFFF
ENTRIES = -1
"""The level of bundles of entries."""

_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)
_MAX_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: `level` (`ENTRIES` for a bundle), its number there, and how wide it is (1 to 256)."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is, below the log's prefix."""
        return path(self.level, self.number, self.width)

    def within(self, size: int) -> bool:
        """Whether a tree of that size has it."""
        step = 8 * max(self.level, 0)
        return self.number * WIDTH + self.width <= size >> step


def path(level: int, number: int, width: int = WIDTH) -> str:
    """The path of a tile."""
    rest, last = divmod(number, 1000)
    text = f"{last:03}"
    while rest:
        rest, last = divmod(rest, 1000)
        text = f"x{last:03}/{text}"
    name = "entries" if level == ENTRIES else level
    return f"tile/{name}/{text}" + (f".p/{width}" if width < WIDTH else "")


def parse(text: str) -> Tile:
    """The tile at a path; raises `Malformed` for what is no path of a tile, or not the one way to write it."""
    match = _PATH.fullmatch(text) if len(text) < 80 else None
    if match is None:
        raise Malformed("this is no path of a tile")
    groups = match[2].split("/")
    width = int(match[3] or WIDTH)
    number = int("".join(group.removeprefix("x") for group in groups))
    found = Tile(ENTRIES if match[1] == "entries" else int(match[1]), number, width)
    if len(groups) > _MAX_GROUPS or found.path != text:
        raise Malformed("this is no path of a tile")
    return found


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries in one piece; raises `LimitExceeded` for one that is too large."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise LimitExceeded(f"a log entry of {len(entry)} bytes (at most {MAX_ENTRY})")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def entries(data: bytes, count: int) -> list[bytes]:
    """The first `count` entries of a bundle; raises `Malformed` where there are fewer, or something lies behind 256."""
    found: list[bytes] = []
    at = 0
    while len(found) < count:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise Malformed(f"a bundle of entries ends within the entry {len(found)} (of {count})")
        found.append(data[start:at])
    if count == WIDTH and at != len(data):
        raise Malformed("a bundle has more than 256 entries")
    return found


def hashes(data: bytes, width: int) -> list[bytes]:
    """The first `width` hashes of a tile; raises `Malformed` where it has another size than a tile may have."""
    if len(data) % 32 or not width * 32 <= len(data) <= WIDTH * 32:
        raise Malformed(f"a tile of {len(data)} bytes instead of {width * 32}")
    return [data[at : at + 32] for at in range(0, width * 32, 32)]
