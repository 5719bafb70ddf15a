"""One log, killed hundreds of times at every write under load: nothing answered is lost, and nothing goes back."""

from __future__ import annotations

import signal
from pathlib import Path

from assay.adapters.sigstore_instance import published
from assay.engines.log.sequencer import Log
from assay.formats import tlog_tile
from assay.trust import merkle
from simulators.log_load import ORIGIN, lived
from simulators.log_places import InFolder, Place

LIVES = {True: 240, False: 40}
"""How often it is killed: with SQLite, with PostgreSQL."""


def test_a_log_that_is_killed_hundreds_of_times(place: Place, tmp_path: Path) -> None:
    beside = tmp_path / "instance"
    answered: dict[int, bytes] = {}
    shown: dict[int, bytes] = {}
    killed = 0
    for life in range(LIVES[isinstance(place, InFolder)]):
        answers = tmp_path / f"answers-{life}"
        killed += lived(place, 1 + life * 7 % 97, answers, beside) == -signal.SIGKILL
        for line in answers.read_text().splitlines() if answers.exists() else ():
            index, data, size, root = line.split()
            assert answered.setdefault(int(index), data.encode()) == data.encode(), "one place was given twice"
            assert shown.setdefault(int(size), bytes.fromhex(root)) == bytes.fromhex(root), "the tree forked"
        for note in published.known(beside).values():
            assert note.size >= max(shown, default=0), "the record is behind what was shown"
            assert shown.setdefault(note.size, note.root) == note.root
    assert killed == LIVES[isinstance(place, InFolder)]
    _check(place, answered, shown)


def _check(place: Place, answered: dict[int, bytes], shown: dict[int, bytes]) -> None:
    log = Log(place.store(), ORIGIN, ())
    head = log.head
    assert head.size >= max(shown)
    for size, root in shown.items():
        assert log.root(size) == root if size else True
    entries: list[bytes] = []
    for number in range(-(-head.size // tlog_tile.WIDTH)):
        start = number * tlog_tile.WIDTH
        entries += log.entries(start, min(start + tlog_tile.WIDTH, head.size))
    assert len(entries) == head.size
    assert all(entries[index] == data for index, data in answered.items())
    assert all(log.leaf_hash(index) == merkle.leaf(data) for index, data in answered.items())
    assert len(set(entries)) == len(entries), "an entry is there twice"
