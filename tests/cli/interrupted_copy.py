"""Runs assay and sends it Ctrl-C in the middle of the blob that the first argument names."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from assay.adapters import oci_layout
from assay.cli._main import run


class Slow(oci_layout._Raw):
    """Reads of a blob that take their time once the first piece is there."""

    def readinto(self, buffer: memoryview, /) -> int:
        if os.fstat(self._descriptor).st_ino == WANTED:
            if os.lseek(self._descriptor, 0, os.SEEK_CUR):
                time.sleep(0.2)
            else:
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            buffer = buffer[:1000]
        return super().readinto(buffer)


WANTED = Path(sys.argv[1]).stat().st_ino
oci_layout._Raw = Slow  # type: ignore[misc]
sys.exit(run(sys.argv[2:]))
