"""One run of a command: CPU seconds, wall seconds, and the peak of the memory of all its processes together."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_INTERVAL = 0.01


@dataclass(frozen=True, slots=True)
class Run:
    """What a run cost; `memory` in bytes is the largest sum of resident sets seen."""

    cpu: float
    wall: float
    memory: int
    code: int
    output: bytes


def run(command: Sequence[str], timeout: float = 1800, **environment: str) -> Run:
    """Run a command to its end, or kill it after `timeout` seconds."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    )
    watch = _Watch(process.pid)
    watch.start()
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    timer.cancel()
    watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(usage.ru_utime + usage.ru_stime, wall, watch.peak, process.returncode, output)


class _Watch(threading.Thread):
    """Samples the resident memory of a process and all its descendants."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._done = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self._done.wait(_INTERVAL):
            self.peak = max(self.peak, sum(map(resident, family(self._root))))

    def stop(self) -> None:
        self._done.set()
        self.join()


def family(root: int) -> list[int]:
    """A process and all its descendants."""
    family, todo = [], [root]
    while todo:
        process = todo.pop()
        family.append(process)
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                todo.extend(map(int, task.read_text().split()))
            except OSError:
                continue
    return family


def resident(process: int) -> int:
    """The high-water mark of a process (proc_pid_status(5)); unlike `ru_maxrss` it begins anew with the program."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    mark = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(mark.split()[1]) * 1024


def cpu(root: int) -> float:
    """CPU seconds of a process, its living descendants and the dead ones that it waited for (proc_pid_stat(5))."""
    found = 0
    for process in family(root):
        try:
            found += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:
            continue
    return found / os.sysconf("SC_CLK_TCK")
