"""A log whose writer is killed at every write: what was answered stays, and no tree that was shown is rewritten."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from assay.engines.log.sequencer import Log
from assay.formats import tlog_tile
from assay.trust import merkle
from simulators.log_places import Place
from simulators.log_writer import ORIGIN, lived


@pytest.mark.parametrize("stop", [*range(1, 40), 55, 70, 90])
def test_nothing_that_was_answered_is_lost(place: Place, tmp_path: Path, stop: int) -> None:
    shown: dict[int, bytes] = {}
    answered: dict[int, bytes] = {}
    for life in range(2):
        answers = tmp_path / f"answers-{life}"
        assert lived(place, stop + 3 * life, answers) == -signal.SIGKILL
        for line in answers.read_text().splitlines():
            index, data, size, root = line.split()
            answered[int(index)] = data.replace("-", " ").encode()
            shown[int(size)] = bytes.fromhex(root)
        _check(place, answered, shown)


def _check(place: Place, answered: dict[int, bytes], shown: dict[int, bytes]) -> None:
    store = place.store()
    log = Log(store, ORIGIN, ())
    head = log.head
    assert head.size >= max(shown, default=0)
    for size, root in shown.items():
        merkle.check_consistency(size, head.size, root, head.root, log.consistency(size, head.size))
    found = store.find([merkle.leaf(data) for data in answered.values()])
    assert {index for _, index, _ in found} >= answered.keys()
    for number in range(-(-head.size // tlog_tile.WIDTH)):
        start = number * tlog_tile.WIDTH
        entries = log.entries(start, min(head.size, start + tlog_tile.WIDTH))
        tile = log.tile(tlog_tile.Tile(0, number, len(entries)))
        assert b"".join(map(merkle.leaf, entries)) == tile
        for index, data in enumerate(entries, start):
            assert answered.get(index, data) == data
    store.close()
