"""Writers of a log that kill themselves: one process for each life.

Every answer goes to a file at once, as ``INDEX DATA SIZE ROOT``; the process ends by SIGKILL.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

from assay.adapters.log_store.turns import PostgresTurns
from assay.engines.log.replica import ReplicatedLog
from assay.engines.log.sequencer import Log
from assay.model.transparency import NewLeaf
from simulators.forked import begun, ended
from simulators.log_places import Place, Shared

ORIGIN = "crash.example"


def lived(place: Place, stop: int, answers: Path) -> int:
    """Let a writer live until its `stop`-th write; its exit code."""
    return ended(begun(write, place, stop, answers))


def replica_begun(place: Shared, stop: int, answers: Path, ttl: float) -> BaseProcess:
    """Let a replica live until its `stop`-th write."""
    return begun(write_as_replica, place, stop, answers, ttl)


def write(place: Place, stop: int, answers: Path) -> None:
    """Write batches of uneven size, and be killed."""
    told = _told(answers)
    _write(Log(place.store(_killer(stop)), ORIGIN, ()), told)


def write_as_replica(place: Shared, stop: int, answers: Path, ttl: float) -> None:
    """The same, in turns with others."""
    told = _told(answers)
    store = place.store(_killer(stop))
    turns = PostgresTurns(store, ttl)
    log = ReplicatedLog(store, ORIGIN, (), turns, turns)
    log.start()
    _write(log, told)


def _killer(stop: int) -> Callable[[str], None]:
    left = [stop]

    def step(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _told(answers: Path) -> int:
    return os.open(answers, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _write(log: Log, told: int) -> None:
    for batch in range(1, 1000):
        start = log.head.size
        leaves = [NewLeaf(b"%d %d %d" % (batch, start, at), (f"t:{start}",)) for at in range(1 + batch * 37 % 140)]
        places = log.append(leaves)
        head = log.head
        for found, leaf in zip(places, leaves, strict=True):
            line = f"{found.index} {leaf.data.decode().replace(' ', '-')} {head.size} {head.root.hex()}\n"
            os.write(told, line.encode())
