"""``python -m simulators.log_writer FOLDER STOP``: writes to a log until it kills itself at the STOP-th write.

Every answer goes to standard output at once, as ``INDEX SIZE ROOT CHECKPOINT-SIZE``; the process ends by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.model.transparency import NewLeaf

ORIGIN = "crash.example"


def main(folder: str, stop: int) -> None:
    """Write batches of uneven size, and be killed."""
    left = [stop]

    def step(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    log = Log(SqliteStore(Path(folder), step), ORIGIN, ())
    for batch in range(1, 1000):
        start = log.head.size
        leaves = [NewLeaf(b"%d %d" % (start, number), (f"t:{start}",)) for number in range(1 + batch * 37 % 140)]
        places = log.append(leaves)
        for place, leaf in zip(places, leaves, strict=True):
            line = f"{place.index} {leaf.data.decode().replace(' ', '-')} {log.head.size} {log.head.root.hex()}\n"
            os.write(1, line.encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
