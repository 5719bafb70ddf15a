"""Trees of every shape, read as tiles: each entry and each growth is proved, and nothing else is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.app.transparency import open_log
from assay.engines.log.reading import TiledLog
from assay.engines.log.sequencer import Log
from assay.errors import Malformed, Refused
from assay.formats import note_key, tlog_tile
from assay.model.bundle import Checkpoint, Note
from assay.model.transparency import NewLeaf
from assay.trust import merkle

SIZE = 66_000
"""Enough for three levels of tiles."""
EDGES = (0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, SIZE)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    found = open_log(tmp_path_factory.mktemp("log"), "log.example", ())
    for start in range(0, SIZE, 6000):
        found.append([NewLeaf(b"%d" % number) for number in range(start, start + 6000)])
    return found


class Tiles:
    """The tiles of the tree as it was at some size, but for one that is changed."""

    name = "the log"

    def __init__(self, log: Log, size: int, changed: str = "", data: bytes | None = None) -> None:
        self._log, self._size, self._changed, self._data = log, size, changed, data
        self.asked: list[str] = []

    def checkpoint(self) -> bytes:
        raise NotImplementedError

    def tile(self, path: str) -> bytes | None:
        self.asked.append(path)
        if path == self._changed:
            return self._data
        wanted = tlog_tile.parse(path)
        return self._log.tile(wanted) if wanted.within(self._size) else None


def shown(log: Log, size: int) -> Checkpoint:
    root = log.root(size) if size else hashlib.sha256(b"").digest()
    return Checkpoint("log.example", size, root, Note(b"", ()))


def read(log: Log, size: int, tiles: Tiles | None = None) -> TiledLog:
    return TiledLog(shown(log, size), tiles or Tiles(log, size))


@pytest.mark.parametrize("size", EDGES)
def test_every_size_is_read(log: Log, size: int) -> None:
    tree = read(log, size)
    for index in {0, size // 2, size - 1} if size else ():
        assert tree.entry(index) == b"%d" % index
        assert merkle.root_of(index, size, merkle.leaf(b"%d" % index), tree.inclusion(index)) == tree.checkpoint.root
    with pytest.raises(Refused):
        tree.entry(size)
    for old in EDGES:
        if old <= size:
            tree.grew_out_of(shown(log, old))


@settings(max_examples=60, deadline=None)
@given(sizes=st.tuples(st.integers(1, SIZE), st.integers(1, SIZE)), flip=st.integers(0, 255))
def test_a_tree_grew_out_of_no_other(log: Log, sizes: tuple[int, int], flip: int) -> None:
    old, new = min(sizes), max(sizes)
    tree = read(log, new)
    tree.grew_out_of(shown(log, old))
    bent = bytearray(log.root(old))
    bent[flip // 8] ^= 1 << flip % 8
    with pytest.raises(Refused):
        tree.grew_out_of(shown(log, old)._replace(root=bytes(bent)))
    if old < new:
        with pytest.raises(Refused):
            read(log, old).grew_out_of(shown(log, new))


@settings(max_examples=80, deadline=None)
@given(size=st.integers(1, SIZE), at=st.integers(0, 1 << 30), bit=st.integers(0, 1 << 30), cut=st.booleans())
def test_a_bent_tile_is_noticed_by_whoever_needs_it(log: Log, size: int, at: int, bit: int, cut: bool) -> None:
    index, tiles = at % size, Tiles(log, size)
    tree = read(log, size, tiles)
    tree.entry(index)
    path = tiles.asked[bit % len(tiles.asked)]
    data = log.tile(tlog_tile.parse(path))
    whole = tlog_tile.parse(path)
    wrong = bytearray(data[: len(data) - 1 - bit % len(data)]) if cut else bytearray(data)
    if not cut:
        wrong[bit // 8 % len(wrong)] ^= 1 << bit % 8
    try:
        found = read(log, size, Tiles(log, size, path, bytes(wrong))).entry(index)
    except (Refused, Malformed):
        return
    # What the proof of this entry does not need may be wrong: another tile of the way to the root held it already.
    assert found == b"%d" % index
    assert whole.level > 0 or whole.level == tlog_tile.ENTRIES


@pytest.mark.parametrize("size", [SIZE + 1, 1 << 30, 1 << 47, 1 << 62])
def test_more_than_there_is_is_refused_at_once(log: Log, size: int) -> None:
    tiles = Tiles(log, SIZE)
    claimed = Checkpoint("log.example", size, log.head.root, Note(b"", ()))
    with pytest.raises(Refused):
        TiledLog(claimed, tiles)
    assert len(tiles.asked) < 20


def test_a_source_that_changes_its_mind_is_noticed(log: Log) -> None:
    """A tile that was good once is not believed for ever."""

    class Fickle(Tiles):
        good = True

        def tile(self, path: str) -> bytes | None:
            data = super().tile(path)
            if self.good or data is None or not path.startswith("tile/0/"):
                return data
            return bytes(32) + data[32:]

    tiles = Fickle(log, SIZE)
    tree = read(log, SIZE, tiles)
    tree.hashes(0)
    for number in range(1, 257):
        tree.hashes(number)
    tiles.good = False
    tree._tree._full.clear()  # as when the tile had to make room for others
    with pytest.raises(Refused):
        tree.hashes(0)


def test_note_keys_of_the_specification() -> None:
    """The example of C2SP signed-note, and keys that are none."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    found = note_key.read(text)
    assert (found.name, found.kind, str(found)) == ("PeterNeumann", note_key.ED25519, text)
    for bad in (text.replace("c74f20a3", "c74f20a4"), text.replace("+AR", "+CR"), "a+b", text[:-4], "", f"a b{text}"):
        with pytest.raises(Malformed):
            note_key.read(bad)


def test_partial_tiles_may_be_gone_once_the_log_grew(log: Log, tmp_path: Path) -> None:
    class Grown(Tiles):
        def tile(self, path: str) -> bytes | None:
            if ".p/" in path and tlog_tile.parse(path).level == 0:
                return None
            wanted = tlog_tile.parse(path)
            return self._log.tile(wanted) if wanted.within(SIZE) else None

    tree = read(log, 300, Grown(log, 300))
    assert tree.entry(299) == b"299"
