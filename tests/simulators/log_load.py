"""A log under load that kills itself: many writers at once through `GroupCommit`, one process for each life.

What was answered goes to a file at once, as ``INDEX DATA SIZE ROOT``, what was shown to the record beside the log.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from assay.adapters.sigstore_instance.published import Record
from assay.engines.log.sequencer import Log
from assay.model.transparency import NewLeaf
from assay.server.group_commit import GroupCommit
from simulators.forked import begun, ended
from simulators.log_places import Place

ORIGIN = "load.example"
WRITERS, EACH = 24, 40


def lived(place: Place, stop: int, answers: Path, beside: Path) -> int:
    """Let it live until its `stop`-th write, or until all is written; its exit code."""
    return ended(begun(serve, place, stop, answers, beside))


def serve(place: Place, stop: int, answers: Path, beside: Path) -> None:
    """Take entries from many writers, and be killed."""
    left = [stop]

    def step(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    record = Record(beside, "log")

    def shown(checkpoint: bytes) -> None:
        step("before the record")
        record.keep(checkpoint)
        step("after the record")

    log = Log(place.store(step), ORIGIN, (), shown=shown)
    told = os.open(answers, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(_load(log, lambda line: os.write(told, line.encode())))


async def _load(log: Log, tell: Callable[[str], object]) -> None:
    commits = GroupCommit(log, 0.001)
    first = log.head.size

    async def writer(number: int) -> None:
        for turn in range(EACH):
            data = f"{first}-{number}-{turn}"
            place = await commits.add(NewLeaf(data.encode(), (f"w:{number}",)))
            tell(f"{place.index} {data} {log.head.size} {log.head.root.hex()}\n")

    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    await commits.close()
