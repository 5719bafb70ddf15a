"""A log whose writer is killed at every write: what was answered stays, and no tree that was shown is rewritten."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.formats import tlog_tile
from assay.trust import merkle
from simulators.log_writer import ORIGIN

TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize("stop", [*range(1, 40), 55, 70, 90])
def test_nothing_that_was_answered_is_lost(tmp_path: Path, stop: int) -> None:
    shown: dict[int, bytes] = {}
    answered: dict[int, bytes] = {}
    for life in range(2):
        command = [sys.executable, "-m", "simulators.log_writer", str(tmp_path), str(stop + 3 * life)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60, cwd=TESTS)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        for line in done.stdout.decode().splitlines():
            index, data, size, root = line.split()
            answered[int(index)] = data.replace("-", " ").encode()
            shown[int(size)] = bytes.fromhex(root)
        _check(tmp_path, answered, shown)


def _check(folder: Path, answered: dict[int, bytes], shown: dict[int, bytes]) -> None:
    store = SqliteStore(folder)
    log = Log(store, ORIGIN, ())
    head = log.head
    assert head.size >= max(shown, default=0)
    for size, root in shown.items():
        merkle.check_consistency(size, head.size, root, head.root, log.consistency(size, head.size))
    for index, data in answered.items():
        assert log.entry(index)[0] == data
        assert log.find(merkle.leaf(data)) is not None
    for number in range(head.size // tlog_tile.WIDTH):
        tile = log.tile(tlog_tile.Tile(0, number))
        bundle = tlog_tile.entries(log.tile(tlog_tile.Tile(tlog_tile.ENTRIES, number)), tlog_tile.WIDTH)
        assert b"".join(map(merkle.leaf, bundle)) == tile
    store.close()
