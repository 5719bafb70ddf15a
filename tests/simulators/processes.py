"""Programs beside the tests: a port for them, a wait until they are at work, an end."""

from __future__ import annotations

import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PATIENCE = 60.0
"""Seconds for which is waited for what takes one or two: the machine may have much else to do. What has not come by
then does not come."""
_FIRST_PORT = 10_000
_KERNELS_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()


def free_port() -> int:
    """A port of loopback that nobody has, and that nobody gets meanwhile who asks for any.

    The kernel takes the ports of outgoing connections, and those of servers on port 0, from a range of its own; this
    one is below it, unless that begins very low. Chosen by chance that no seed governs, as other processes choose at
    the same time.
    """
    end = int(_KERNELS_PORTS.read_text().split()[0]) if _KERNELS_PORTS.exists() else 0
    end = max(end, 2 * _FIRST_PORT)
    while True:
        port = _FIRST_PORT + secrets.randbelow(end - _FIRST_PORT)
        if port not in _given:
            with suppress(OSError), socket.create_server(("127.0.0.1", port)):
                _given.add(port)
                return port


def reachable(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except OSError:
        return False
    return True


def within(seconds: float, test: Callable[[], object]) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


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
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            guard.cancel()
            process.kill()
            process.stdout.close()


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End it, in time or at once."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)
    if process.stdout is not None:
        process.stdout.close()
