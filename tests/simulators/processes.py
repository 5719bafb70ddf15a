"""Programs beside the tests: a port for them, a wait until they are at work, an end."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def within(seconds: float, test: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.2)
    return False


@contextmanager
def started(
    command: Sequence[str | Path],
    most: float,
    errors: IO[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program and its first line, which it says when it is at work; it has to end when asked to.

    After `most` seconds it ends whatever happens.
    """
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    guard = threading.Timer(most, process.kill)
    guard.start()
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        guard.cancel()
        process.terminate()
        process.wait(30)
        process.stdout.close()


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End it, in time or at once."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
    if process.stdout is not None:
        process.stdout.close()
