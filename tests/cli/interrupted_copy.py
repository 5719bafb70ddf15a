"""Runs assay and sends it Ctrl-C in the middle of the blob that the first argument names."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from assay.adapters import spool
from assay.cli._main import run


class Slow(spool.Slice):
    """Reads of a blob that take their time once the first piece is there."""

    def readinto(self, buffer: memoryview, /) -> int:
        if os.fstat(self._file.descriptor).st_ino == WANTED:
            if self._at:
                time.sleep(0.2)
            else:
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            buffer = buffer[:1000]
        return super().readinto(buffer)


WANTED = Path(sys.argv[1]).stat().st_ino
spool.Slice = Slow  # type: ignore[misc]
sys.exit(run(sys.argv[2:]))
