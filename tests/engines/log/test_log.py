"""The log engine over its real store: against a plain reading of RFC 6962, and through failures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.log.sequencer import Log
from assay.engines.log.tree import Tree
from assay.errors import AssayError, ExternalError, InternalError, LimitExceeded, Refused, UsageError
from assay.formats import tlog_note, tlog_tile
from assay.model.transparency import NewLeaf
from assay.trust import merkle
from simulators.log_keys import ed25519, p256
from simulators.log_places import Place


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return merkle.node(plain_root(leaves[:split]), plain_root(leaves[split:]))


def leaves(count: int, start: int = 0) -> list[NewLeaf]:
    return [NewLeaf(b"entry %d" % number, (f"hash:{number % 7}",)) for number in range(start, start + count)]


SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 70_000)


def test_roots_and_proofs_of_trees_of_every_shape() -> None:
    tiles: dict[str, bytes] = {}
    tree, hashes = Tree(0, (), tiles.get), []
    for number in range(SIZES[-1]):
        hashes.append(merkle.leaf(b"%d" % number))
        for level, at, data in tree.add(hashes[-1]):
            tiles[tlog_tile.path(level, at)] = data
    again = Tree(tree.size, tree.edge, tiles.get)
    roots = {size: again.root(size) for size in SIZES}
    assert roots[300] == plain_root(hashes[:300])
    assert roots[SIZES[-1]] == plain_root(hashes)
    for size in SIZES:
        for index in {0, size // 2, size - 1}:
            assert merkle.root_of(index, size, hashes[index], again.inclusion(index, size)) == roots[size]
        for first in SIZES[: SIZES.index(size) + 1]:
            merkle.check_consistency(first, size, roots[first], roots[size], again.consistency(first, size))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.data())
def test_a_changed_consistency_proof_is_refused(one: int, other: int, data: st.DataObject) -> None:
    first, second = sorted((one, other))
    tree = Tree(0, (), dict[str, bytes]().get)
    for number in range(second):
        tree.add(merkle.leaf(b"%d" % number))
    old, new, proof = tree.root(first), tree.root(second), tree.consistency(first, second)
    merkle.check_consistency(first, second, old, new, proof)
    wrong = bytes(32)
    changed = [[*proof, wrong]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed += [proof[:-1], [*proof[:at], wrong, *proof[at + 1 :]]]
    for item in changed:
        with pytest.raises(Refused):
            merkle.check_consistency(first, second, old, new, item)
    for before, after in ((wrong, new), (old, wrong)):
        with pytest.raises(Refused):
            merkle.check_consistency(first, second, before, after, proof)


def test_entries_are_placed_once_and_found_again(place: Place) -> None:
    log = Log(place.store(), "log.example", (p256(), ed25519()))
    places = log.append([*leaves(300), *leaves(2)])
    assert [one.index for one in places] == [*range(300), 0, 1]
    assert [one.duplicate for one in places] == [*[False] * 300, True, True]
    assert log.append(leaves(1))[0].duplicate
    assert log.head.size == 300
    note = tlog_note.checkpoint(log.head.checkpoint.decode())
    assert (note.size, note.root, len(note.note.signatures)) == (300, log.head.root, 2)
    assert log.entry(7)[0] == b"entry 7"
    assert log.entry(299)[0] == b"entry 299"
    assert log.search("hash:3")[:2] == [3, 10]
    bundle = log.tile(tlog_tile.Tile(tlog_tile.ENTRIES, 1, 44))
    assert tlog_tile.entries(bundle, 44)[-1] == b"entry 299"
    assert len(place.outside("tile/0/000")) == 8192
    again = Log(place.store(), "log.example", (p256(), ed25519()))
    assert again.head == log.head
    assert again.append(leaves(5, 298))[-1].index == 302


def test_a_log_that_does_not_fit_its_checkpoint_is_not_opened(place: Place) -> None:
    Log(place.store(), "log.example", ()).append(leaves(10))
    with pytest.raises(InternalError):
        Log(place.store(), "other.example", ())
    place.change("UPDATE edge SET data = ? WHERE level = 0", (bytes(320),))
    with pytest.raises(InternalError):
        Log(place.store(), "log.example", ())


def test_a_log_of_a_newer_assay_is_not_opened(place: Place) -> None:
    Log(place.store(), "log.example", ()).append(leaves(2))
    place.change(place.newer, ())
    with pytest.raises(UsageError, match="newer assay"):
        place.store()


def test_a_failed_write_is_told_and_leaves_the_log_as_it_was(place: Place) -> None:
    broken: list[str] = []

    def step(name: str) -> None:
        if broken and name.split()[0] == broken[0]:
            raise OSError(28, "No space left on device")

    log = Log(place.store(step), "log.example", ())
    log.append(leaves(250))
    for name in ("begin", "written", "commit"):
        broken[:] = [name]
        before = log.head
        with pytest.raises(ExternalError, match="No space left"):
            log.append(leaves(20, 250))
        assert "store" in log.warnings
        assert log.head == before
    broken.clear()
    log.append(leaves(20, 250))
    assert "store" not in log.warnings
    broken[:] = [place.broken_tiles]  # a full tile that cannot get out stays in the database
    log.append(leaves(300, 270))
    assert log.entry(260)[0] == b"entry 260"
    broken.clear()
    again = Log(place.store(), "log.example", ())
    assert again.head == log.head
    again.append(leaves(300, 570))
    assert place.outside("tile/entries/001")


def test_two_sequencers_do_not_fork_a_tree(place: Place) -> None:
    one = Log(place.store(), "log.example", ())
    other = Log(place.store(), "log.example", ())
    one.append(leaves(3))
    with pytest.raises(Refused, match="somebody else"):
        other.append(leaves(1, 100))
    assert other.append(leaves(1, 100))[0].index == 3


def test_a_clock_that_jumps_is_told(place: Place) -> None:
    clock = [1_000_000.0]
    log = Log(place.store(), "log.example", (), lambda: clock[0], lambda: 0.0)
    assert log.append(leaves(1))[0].time == 1_000_000
    assert not log.warnings
    clock[0] -= 5000
    assert log.append(leaves(1, 1))[0].time == 1_000_000
    assert "behind the last entry" in log.warnings["clock"]
    clock[0] += 90_000
    log.append(leaves(1, 2))
    assert "jumped" in log.warnings["clock"]


def test_what_is_too_large_or_out_of_range_is_refused(place: Place) -> None:
    log = Log(place.store(), "log.example", ())
    log.append(leaves(3))
    with pytest.raises(LimitExceeded):
        log.append([NewLeaf(bytes(65536))])
    asks: list[Callable[[], object]] = [
        lambda: log.entry(3),
        lambda: log.entry(-1),
        lambda: log.inclusion(0, 4),
        lambda: log.inclusion(3, 3),
        lambda: log.consistency(2, 9),
        lambda: log.consistency(0, 3),
        lambda: log.leaf_hash(1 << 70),
        lambda: log.tile(tlog_tile.Tile(0, 0, 4)),
        lambda: log.tile(tlog_tile.Tile(3, 0, 1)),
    ]
    for ask in asks:
        with pytest.raises(AssayError):
            ask()
